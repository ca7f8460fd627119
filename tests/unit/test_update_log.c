// SPDX-License-Identifier: GPL-2.0
/*
 * The line in the log about an update, as a journal receives it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "fixture.h"
#include "live/journal.h"
#include "live/update_log.h"
#include "model/longest_vm.h"

#define DIR "/var/lib/luoscope"

/* A journal: a socket in a directory of its own. */
struct journal {
	char dir[64];
	char path[96];
	int fd;
};

static void open_journal(struct journal *journal)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(journal->dir, "/tmp/luoscope-test.XXXXXX");
	assert_non_null(mkdtemp(journal->dir));
	snprintf(journal->path, sizeof(journal->path), "%s/socket", journal->dir);
	strcpy(address.sun_path, journal->path);
	journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(journal->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void close_journal(struct journal *journal)
{
	close(journal->fd);
	unlink(journal->path);
	rmdir(journal->dir);
}

static struct journal_message message;
static char received[16384];

/* What is sent arrives in one piece. Returns the line. */
static char *log_update(struct fixture *f, uint64_t capture)
{
	struct journal journal;
	char *line;
	ssize_t got;

	build(f);
	journal_free(&message);
	line = update_log_describe(&message, &f->model, capture, DIR);
	assert_non_null(line);
	open_journal(&journal);
	assert_int_equal(journal_send(&message, journal.path), 0);
	got = recv(journal.fd, received, sizeof(received) - 1, 0);
	assert_int_equal(got, message.length);
	received[got] = '\0';
	close_journal(&journal);
	return line;
}

static bool has_field(const char *field)
{
	char line[512];

	snprintf(line, sizeof(line), "\n%s\n", field);
	return strstr(received, line);
}

static void test_an_update_that_went_well(void **state)
{
	struct fixture *f = *state;
	char field[64], *line;

	built_vms(&f->update);
	line = log_update(f, 12);
	assert_int_equal(strncmp(line, "Live update #5 7.2.12 -> 7.3.4: blackout 1.", 43), 0);
	assert_non_null(strstr(line, ", longest VM downtime 1.69"));
	assert_non_null(strstr(line, "; 2 of 2 VMs are running again; no devices took part; "
				     "3 of 3 files are back; "
				     "capture 12 (/var/lib/luoscope/12.luoscope)"));
	assert_int_equal(strncmp(received, "MESSAGE=Live update", 19), 0);
	assert_true(has_field("MESSAGE_ID=" UPDATE_LOG_MESSAGE_ID));
	assert_true(has_field("PRIORITY=5"));
	assert_true(has_field("LUOSCOPE_OUTCOME=yes"));
	assert_null(strstr(received, "LUOSCOPE_WRONG="));
	assert_null(strstr(received, "LUOSCOPE_UNKNOWN="));
	assert_true(has_field("LUOSCOPE_FROM=7.2.12"));
	assert_true(has_field("LUOSCOPE_TO=7.3.4"));
	assert_true(has_field("LUOSCOPE_BLACKOUT_IS_LOWER_BOUND=0"));
	snprintf(field, sizeof(field), "LUOSCOPE_BLACKOUT_NS=%lld",
		 (long long)f->model.blackout.value);
	assert_true(has_field(field));
	snprintf(field, sizeof(field), "LUOSCOPE_VM_DOWNTIME_MAX_NS=%lld",
		 (long long)longest_vm_downtime(&f->model, NULL).value);
	assert_true(has_field(field));
	assert_true(has_field("LUOSCOPE_VM=vm-2"));
	assert_true(has_field("LUOSCOPE_FILES_MISSING=0"));
	assert_true(has_field("LUOSCOPE_VMS_MISSING=0"));
	assert_true(has_field("LUOSCOPE_CAPTURE=12"));
	assert_non_null(strstr(received, "LUOSCOPE_CAPTURE_FILE=/var/lib/luoscope/12.luoscope\n"));
	free(line);
}

static void test_what_is_not_back_is_named(void **state)
{
	struct fixture *f = *state;
	char *line;

	built_vms(&f->update);
	built_vcpu(&f->update.old, LUO_STATS_VCPU_EXIT, "vm-3", 902, 0, 6 * MS);
	built_span_at(&f->update.new, LUO_STATS_LOT_ANY, 4)->state = LUO_STATS_OPEN;
	line = log_update(f, 1);
	assert_non_null(strstr(line, "blackout at least "));
	assert_non_null(strstr(line, "longest VM downtime at least "));
	assert_non_null(strstr(line, "; 1 of 3 VMs is not running again: vm-3; "));
	assert_non_null(strstr(line, "; 1 of 3 files is not back: "));
	assert_true(has_field("PRIORITY=3"));
	assert_true(has_field("LUOSCOPE_OUTCOME=no"));
	/* One field for each thing: a journal keeps several of one name. */
	assert_true(has_field("LUOSCOPE_WRONG=vms\nLUOSCOPE_WRONG=files"));
	assert_true(has_field("LUOSCOPE_BLACKOUT_IS_LOWER_BOUND=1"));
	assert_true(has_field("LUOSCOPE_VM_DOWNTIME_MAX_IS_LOWER_BOUND=1"));
	assert_true(has_field("LUOSCOPE_VMS_MISSING=1"));
	free(line);
}

static void test_what_is_not_known_has_no_field(void **state)
{
	struct fixture *f = *state;
	char *line;

	/* Only the old kernel watched virtual machines. */
	built_subject(&f->update.old, LUO_STATS_SUBJECT_VCPU, "", "", "", 0);
	line = log_update(f, 1);
	assert_non_null(strstr(line, "longest VM downtime not known"));
	assert_true(has_field("PRIORITY=4"));
	assert_true(has_field("LUOSCOPE_OUTCOME=unknown"));
	assert_true(has_field("LUOSCOPE_UNKNOWN=vms"));
	assert_null(strstr(received, "LUOSCOPE_VM_DOWNTIME"));
	assert_null(strstr(received, "LUOSCOPE_VMS_MISSING"));
	assert_null(strstr(received, "LUOSCOPE_VM="));
	free(line);
}

/* A name with a line break in it does not become a field of its own. */
static void test_a_name_cannot_add_a_field(void **state)
{
	struct fixture *f = *state;
	static const char field[] = "LUOSCOPE_FROM\n\x0c\0\0\0\0\0\0\0007.2\nMESSAGE=\n";
	char *line;

	memcpy(f->update.old.header->release, "7.2\nMESSAGE=", 13);
	built_seal(&f->update.old);
	line = log_update(f, 1);
	assert_null(strchr(line, '\n'));
	assert_non_null(memmem(received, message.length, field, sizeof(field) - 1));
	free(line);
}

/* Neither a long value nor the fields after it are cut. */
static void test_a_long_value_is_sent_whole(void **state)
{
	struct journal journal;

	(void)state;
	journal_free(&message);
	journal_field(&message, "LONG", "%012000d", 7);
	journal_field(&message, "SHORT", "1");
	assert_int_equal(message.length, 5 + 12000 + 1 + 8);
	open_journal(&journal);
	assert_int_equal(journal_send(&message, journal.path), 0);
	assert_int_equal(recv(journal.fd, received, sizeof(received), 0), message.length);
	assert_memory_equal(received + 5 + 11999, "7\nSHORT=1\n", 10);
	close_journal(&journal);
}

/* A message that lacks a field says less than the line on standard error. */
static void test_a_message_that_is_not_whole_is_not_sent(void **state)
{
	struct journal journal;

	(void)state;
	journal_free(&message);
	journal_field(&message, "MESSAGE", "x");
	message.err = -ENOMEM;
	journal_field(&message, "SHORT", "1");
	assert_int_equal(message.length, 10);
	open_journal(&journal);
	assert_int_equal(journal_send(&message, journal.path), -ENOMEM);
	assert_int_equal(recv(journal.fd, received, sizeof(received), 0), -1);
	journal_free(&message);
	/* Nor one that is larger than the socket takes. */
	journal_field(&message, "LONG", "%04000000d", 7);
	assert_int_equal(journal_send(&message, journal.path), -EMSGSIZE);
	close_journal(&journal);
}

static char *log_refusal(struct fixture *f, const struct model_attempt *attempt)
{
	char *line;

	journal_free(&message);
	line = update_log_describe_refusal(&message, &f->model, attempt);
	assert_int_equal(message.err, 0);
	memcpy(received, message.bytes, message.length);
	received[message.length] = '\0';
	return line;
}

static void test_a_refused_attempt(void **state)
{
	struct model_attempt attempt = { .result = -EINVAL,
					 .cause_kind = LUO_STATS_SUBJECT_DEVICE,
					 .cause = "0000:01:00.0",
					 .cause_handler = "vfio-pci",
					 .reason = "interrupts_enabled",
					 .why = "its interrupts are still enabled",
					 .what_to_do = "Have its VMM disable them" };
	struct fixture *f = *state;
	char *line;

	build(f);
	journal_free(&message);
	line = log_refusal(f, &attempt);
	assert_string_equal(line, "Live update of 7.3.4 refused by device 0000:01:00.0: "
				  "its interrupts are still enabled. Have its VMM disable them");
	assert_true(has_field("MESSAGE_ID=" UPDATE_LOG_MESSAGE_ID));
	assert_true(has_field("PRIORITY=3"));
	assert_true(has_field("LUOSCOPE_OUTCOME=no\nLUOSCOPE_WRONG=update"));
	assert_true(has_field("LUOSCOPE_FROM=7.3.4"));
	assert_true(has_field("LUOSCOPE_ERROR=EINVAL\n"
			      "LUOSCOPE_CAUSE_KIND=device\n"
			      "LUOSCOPE_CAUSE=0000:01:00.0\n"
			      "LUOSCOPE_CAUSE_HANDLER=vfio-pci\n"
			      "LUOSCOPE_REASON=interrupts_enabled"));
	assert_null(strstr(received, "LUOSCOPE_CAUSE_TOKEN"));
	free(line);

	/* Without words for it, the error is what there is. */
	attempt.reason = "";
	attempt.why = "";
	attempt.what_to_do = "";
	line = log_refusal(f, &attempt);
	assert_string_equal(line, "Live update of 7.3.4 refused by device 0000:01:00.0: EINVAL");
	assert_null(strstr(received, "LUOSCOPE_REASON"));
	free(line);
}

static void test_a_refusal_of_which_little_is_known(void **state)
{
	struct model_attempt attempt = { .result = -EIO,
					 .cause_kind = LUO_STATS_SUBJECT_FILE,
					 .cause = "vm-1",
					 .cause_key = 7,
					 .reason = "",
					 .why = "",
					 .what_to_do = "" };
	struct fixture *f = *state;
	char *line;

	build(f);
	f->model.to_release[0] = '\0';
	line = log_refusal(f, &attempt);
	assert_string_equal(line, "Live update of ? refused by a file of session vm-1: EIO");
	assert_null(strstr(received, "LUOSCOPE_FROM"));
	assert_true(has_field("LUOSCOPE_CAUSE_KIND=file\n"
			      "LUOSCOPE_CAUSE=vm-1\n"
			      "LUOSCOPE_CAUSE_TOKEN=7"));
	free(line);

	attempt.cause_kind = 0;
	attempt.cause[0] = '\0';
	line = log_refusal(f, &attempt);
	assert_string_equal(line, "Live update of ? refused: EIO");
	assert_null(strstr(received, "LUOSCOPE_CAUSE"));
	free(line);
}

static void test_no_journal_is_an_error(void **state)
{
	(void)state;
	journal_free(&message);
	journal_field(&message, "MESSAGE", "x");
	assert_int_equal(journal_send(&message, "/nowhere/socket"), -ENOENT);
}

/* Run update_log_write() twice with a file as standard error, and read that. */
static const char *written_to_stderr(struct fixture *f, const char *stream)
{
	static char text[2048];
	struct update_log log = {};
	const int saved = dup(STDERR_FILENO);
	const int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	struct stat stat;
	ssize_t got;
	char own[64];

	assert_int_equal(fstat(fd, &stat), 0);
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)stat.st_dev,
		 (unsigned long long)stat.st_ino);
	setenv("JOURNAL_STREAM", stream ? stream : own, 1);
	dup2(fd, STDERR_FILENO);
	/* The same line twice is one. */
	update_log_write(&log, &f->model, 3, DIR);
	update_log_write(&log, &f->model, 3, DIR);
	dup2(saved, STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	got = pread(fd, text, sizeof(text) - 1, 0);
	text[got < 0 ? 0 : got] = '\0';
	close(saved);
	close(fd);
	return text;
}

static void test_without_a_journal_it_is_a_line_on_stderr(void **state)
{
	struct fixture *f = *state;
	const char *text;

	build(f);
	/* Standard error is something else than what the manager connected to the journal. */
	text = written_to_stderr(f, "1:2");
	assert_int_equal(strncmp(text, "luoscope: Live update #5 ", 25), 0);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	text = written_to_stderr(f, "nonsense");
	assert_int_equal(strncmp(text, "luoscope: Live update #5 ", 25), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_update_that_went_well),
		TEST(test_what_is_not_back_is_named),
		TEST(test_what_is_not_known_has_no_field),
		TEST(test_a_name_cannot_add_a_field),
		TEST(test_a_long_value_is_sent_whole),
		TEST(test_a_message_that_is_not_whole_is_not_sent),
		TEST(test_a_refused_attempt),
		TEST(test_a_refusal_of_which_little_is_known),
		TEST(test_no_journal_is_an_error),
		TEST(test_without_a_journal_it_is_a_line_on_stderr),
	};

	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	journal_free(&message);
	return failed;
}
