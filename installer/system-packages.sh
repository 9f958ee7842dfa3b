#!/bin/bash
# Installs the Debian packages Banwen needs and says, for each one, why.
# Usage: installer/system-packages.sh [--list] runtime|test|build|debian-python|bench-peers|bench-npm...
#   runtime        what the programs need to open their windows and run
#   test           what `make demo` and `make test` need on top: virtual desktops, a hand, eyes, a browser, a camera
#   build          what the one Python package without a ready wheel needs to be compiled
#   debian-python  what Debian leaves out of its own Python
#   bench-peers    the servers `make bench-peers` compares the relay with; nothing else needs them
#   bench-npm      Debian's Node and npm for one of those, where there is no npm of another origin
#   --list         only prints what is wanted and why, installs nothing
# Exit codes: 0 everything is there · 1 something could not be installed · 2 wrong usage
set -euo pipefail

wanted() {  # one line per package: group, name, why
  cat <<'LIST'
runtime|libgl1|Qt 的窗口绘制；drawing of Qt windows
runtime|libegl1|Qt 的窗口绘制；drawing of Qt windows
runtime|libglib2.0-0|Qt 的事件循环；Qt's event loop
runtime|libdbus-1-3|输入法、读屏软件与桌面通知；input methods, screen readers, notifications
runtime|libfontconfig1|查找字体；finding fonts
runtime|libxkbcommon-x11-0|键盘布局；keyboard layouts
runtime|libxcb-cursor0|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxcb-icccm4|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxcb-image0|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxcb-keysyms1|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxcb-randr0|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxcb-render-util0|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxcb-shape0|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxcb-xkb1|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libx11-xcb1|Qt 的 X11 插件；Qt's X11 plug-in
runtime|libxfixes3|远程协助抓取屏幕；grabbing the screen in remote assistance
runtime|libxrandr2|识别多个显示器；telling monitors apart
runtime|libxtst6|经授权的远程控制；remote control after consent
runtime|xclip|远程协助时粘贴中文；pasting Chinese in remote assistance
runtime|fonts-noto-cjk|中文字体；a Chinese font
test|xvfb|座席的虚拟桌面；the agent's virtual desktop
test|xserver-xephyr|纳税人的虚拟桌面，手从外部伸入；the taxpayer's desktop, which a hand enters from outside
test|openbox|虚拟桌面的窗口管理器；window manager of the virtual desktops
test|xdotool|演示中移动鼠标、敲键盘的手；the hand that moves mouse and keys
test|at-spi2-core|像读屏软件一样读窗口；reading windows as a screen reader does
test|dbus-daemon|每个虚拟桌面自己的会话总线；a session bus for each desktop
test|gir1.2-atspi-2.0|像读屏软件一样读窗口；reading windows as a screen reader does
test|python3-gi|像读屏软件一样读窗口；reading windows as a screen reader does
test|chromium|纳税人的浏览器；the taxpayer's browser
test|chromium-l10n|浏览器的中文界面；the browser's Chinese texts
test|ffmpeg|录制演示影片；filming the demonstration
test|postgresql|在真正的数据库上测试中继；testing the relay on a real database server
test|nats-server|几个中继互相通知；how several relays hear of each other
test|haproxy|几个中继共用一个地址；one address for several relays
build|gcc|编译 evdev（pynput 所需，只有源码）；compiling evdev, which pynput needs and which is published as source
build|libc6-dev|编译 evdev；compiling evdev
bench-peers|prosody|对照测量：XMPP 服务器；a server the relay is compared with
bench-peers|lua-dbi-sqlite3|prosody 的 SQLite 存储；prosody's storage in SQLite
bench-peers|ejabberd|对照测量：XMPP 服务器；a server the relay is compared with
bench-peers|make|编译 better-sqlite3（socket.io 的存储）；compiling better-sqlite3, where socket.io keeps messages
bench-peers|g++|编译 better-sqlite3；compiling better-sqlite3
bench-npm|nodejs|对照测量：socket.io；socket.io, which the relay is compared with
bench-npm|npm|安装 socket.io；installing socket.io
debian-python|python3.11-venv|建立 Python 虚拟环境；the virtual environment
debian-python|python3.11-dev|编译 evdev；compiling evdev
LIST
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

fail() {
  printf '\n无法继续：%s\nCannot go on: %s\n' "$1" "$2" >&2
  exit 1
}

list_only=no
groups=()
for word in "$@"; do
  case $word in
    --list) list_only=yes ;;
    runtime | test | build | debian-python | bench-peers | bench-npm) groups+=("$word") ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
[ ${#groups[@]} -gt 0 ] || groups=(runtime test)

command -v dpkg-query >/dev/null || fail \
  "这台机器不是 Debian 系列的 Linux；请按 installer/system-packages.sh --list 的清单用本机的软件管理器安装同名组件。" \
  "this is not a Debian-like Linux; install what 'installer/system-packages.sh --list' names with the system's own tool."

missing=()
while IFS='|' read -r group name why; do
  [[ " ${groups[*]} " == *" $group "* ]] || continue
  if installed "$name"; then
    state="已安装 present"
  else
    state="需安装 missing"
    missing+=("$name")
  fi
  # What is there already is only worth a line when someone asks for the list.
  if [ "$list_only" = yes ] || [[ $state == *missing ]]; then
    printf '  %-22s %s  %s\n' "$name" "$state" "$why"
  fi
done < <(wanted)

if [ "$list_only" = yes ]; then exit 0; fi
if [ ${#missing[@]} -eq 0 ]; then
  echo "系统组件齐全（${groups[*]}）。All Debian packages are present (${groups[*]})."
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail \
    "缺少 ${#missing[@]} 个系统组件，而当前用户不是 root，也没有 sudo。请让管理员执行：apt-get install --no-install-recommends ${missing[*]}" \
    "${#missing[@]} packages are missing, you are not root and there is no sudo. Ask the administrator to run the apt-get command above."
  ask=()
  [ -t 0 ] || ask=(-n)  # without a terminal nobody could answer a password question
  sudo "${ask[@]}" true || fail \
    "缺少 ${#missing[@]} 个系统组件，而 sudo 没有获准。请让管理员执行：apt-get install --no-install-recommends ${missing[*]}" \
    "${#missing[@]} packages are missing and sudo was refused. Ask the administrator to run the apt-get command above."
  as_root=(sudo "${ask[@]}")
fi

apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null; }

echo "正在安装以上 ${#missing[@]} 个系统组件…… Installing these ${#missing[@]} Debian packages…"
install() { apt install -y --no-install-recommends "${missing[@]}"; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt update && install; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  fail "apt-get 没有成功，原因见上方；请检查网络和软件源后重试。" \
    "apt-get failed for the reason above; check the network and the package source, then try again."
fi
echo "系统组件安装完毕。Debian packages installed."
