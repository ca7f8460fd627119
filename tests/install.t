#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is installed, and that the tarball is enough to build it without git.
. "$(dirname "$0")/e2e/lib.sh"
cd "$top_dir" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MAKELEVEL
own_build
release=$(cat VERSION)

check "make install" make -s install DESTDIR="$work/root" prefix=/opt/here BUILD="$build"
root=$work/root/opt/here
check "the program is there, and runs" sh -c '"$1/sbin/luoscope" --version | grep -q "^luoscope $2"' - "$root" "$release"
check "'luoscope init --help' names it where it is" sh -c '"$1" init --help >"$2" && grep -q "^  init=$1 " "$2" &&
	grep -q -- "--append=init=$1$" "$2" && ! grep -q /usr/sbin/luoscope "$2"' - "$root/sbin/luoscope" "$work/help"
check "nothing is outside of DESTDIR and prefix" sh -c '[ "$(cd "$1" && find . -type f | grep -vc "^./opt/here/")" = 0 ]' - "$work/root"
for command in $("$tool" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
	check "luoscope-$command(1) is installed" test -s "$root/share/man/man1/luoscope-$command.1"
done
check "so are completion, rules, dashboard, schemas and the unit" test -s "$root/share/bash-completion/completions/luoscope" \
	-a -s "$root/share/luoscope/luoscope.rules.yml" -a -s "$root/share/luoscope/luoscope-dashboard.json" \
	-a -s "$root/share/luoscope/schema/report.schema.json" -a -s "$root/lib/systemd/system/luoscope.service" \
	-a -s "$root/lib/udev/rules.d/70-luo-mark.rules"
check "all schemas are" diff <(ls "$top_dir/docs/schema") <(ls "$root/share/luoscope/schema")
check "the unit starts the program where it is installed" sh -c '
	grep -q "^ExecStart=/opt/here/sbin/luoscope " "$1" && ! grep -q "/usr/sbin/luoscope" "$1"' - "$root/lib/systemd/system/luoscope.service"
check "no page names another place" sh -c '! grep -rq /usr/sbin/luoscope "$1/share" "$1/lib"' - "$root"
check "the alert rules link to the runbooks where they are installed" sh -c '
	page=$(sed -nE "s,.*runbook_url: \"file://([^#]*)#.*,\1,p" "$1/opt/here/share/luoscope/luoscope.rules.yml" | sort -u) &&
	[ "$page" = /opt/here/share/doc/luoscope/alerts.md ] && test -s "$1$page"' - "$work/root"
check "installing again is no error" make -s install DESTDIR="$work/root" prefix=/opt/here BUILD="$build"
check "the module's source is complete" bash -c '
	diff -r "$1/kernel/luo_stats" kernel/luo_stats | grep -v ": patches$\|: Kconfig$" && exit 1
	cmp "$1/include/luoscope/stats_area.h" include/luoscope/stats_area.h && grep -q "PACKAGE_VERSION=\"$2\"" "$1/dkms.conf"' \
	- "$root/src/luo_stats-$release" "$release"

if ! git rev-parse --git-dir >/dev/null 2>&1; then
	checks=$((checks + 1))
	echo "ok $checks - the tarball # SKIP this is no git tree"
	done_testing
fi
check "make dist" make -s dist BUILD="$build"
tarball=$build/luoscope-$release.tar.xz
cp "$tarball" "$work/first.tar.xz"
check "the same tree gives the same tarball" sh -c 'touch README.md && make -s dist BUILD="$3" && cmp "$1" "$2"' - "$tarball" "$work/first.tar.xz" \
	"$build"
tar -C "$work" -xJf "$tarball"
check "it has every file that git knows" bash -c 'diff <(git ls-files | sort) <(cd "$1" && find . -type f -o -type l | sed "s,^\./,," | sort)' \
	- "$work/luoscope-$release"
check "it builds where there is no git" env GIT_DIR=/nonexistent make -s -C "$work/luoscope-$release" all
check "what it builds says its release" sh -c '[ "$("$1" --version)" = "luoscope $2" ]' - "$work/luoscope-$release/build/luoscope" "$release"
done_testing
