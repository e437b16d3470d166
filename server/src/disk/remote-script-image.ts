/**
 * The part of the ssh script that walks through one image: containers (qcow2, VHD, VHDX) and the filesystems whose
 * answers lie beyond the first bytes (xfs, FAT). It follows formats/ and filesystems/ step by step.
 */
export const readImage = String.raw`# However an image is made up, it costs no more than so many looks.
peek() {
  STEPS=$((STEPS + 1))
  if [ "$STEPS" -gt 3000 ]; then return 1; fi
  O=$(od -A x -t x1 -j "$1" -N "$2" "$F") || return 1
  printf 'B %s %s\n%s\n' "$1" "$2" "$O"
}

# The guest's bytes, wherever they lie.
gpeek() {
  g=$1
  n=$2
  if [ $((g + n)) -gt "$GUEST" ]; then n=$((GUEST - g)); fi
  while [ "$n" -gt 0 ]; do
    locate "$g" || return 1
    p=$((BLOCK - g % BLOCK))
    if [ "$p" -gt "$n" ]; then p=$n; fi
    if [ "$H" -ge 0 ]; then peek "$H" "$p" || return 1
    elif [ "$H" -eq -2 ]; then packed || return 1
    else O=
    fi
    g=$((g + p))
    n=$((n - p))
  done
}

# A compressed cluster comes as it is; sh cannot look into it.
packed() {
  if [ "$PKN" -gt 65536 ]; then return 1; fi
  if [ "$PK" -ne "$PACKED" ]; then peek "$PK" "$PKN" || return 1; fi
  PACKED=$PK
  O=
}

# True when a range of the guest is zero; tells about each piece.
gzero() {
  g=0
  n=1048576
  if [ "$n" -gt "$GUEST" ]; then n=$GUEST; fi
  while [ "$n" -gt 0 ]; do
    locate "$g" || return 1
    p=$((BLOCK - g % BLOCK))
    if [ "$p" -gt "$n" ]; then p=$n; fi
    if [ "$H" -ge 0 ]; then
      case "$(od -A n -t x1 -j "$H" -N "$p" "$F" | head -n 3)" in
        *[1-9a-f]*) printf 'Y %s %s\n' "$H" "$p"; return 1 ;;
      esac
      printf 'Z %s %s\n' "$H" "$p"
    elif [ "$H" -eq -2 ]; then return 1
    fi
    g=$((g + p))
    n=$((n - p))
  done
}

# Numbers out of O, which then holds one line of od: the byte at place $1 and as many as $2 after it.
be() {
  i=$1
  j=$2
  set -- $O
  shift $((i + 1))
  N=0x
  while [ "$j" -gt 0 ]; do N=$N$1; shift; j=$((j - 1)); done
  N=$((N))
}
le() {
  i=$1
  j=$2
  set -- $O
  shift $((i + 1))
  N=
  while [ "$j" -gt 0 ]; do N=$1$N; shift; j=$((j - 1)); done
  N=$((0x$N))
}

locate() {
  case $MAP in
    raw) H=$1 ;;
    qcow2) locate_qcow2 "$1" ;;
    vhd) locate_vhd "$1" ;;
    *) locate_vhdx "$1" ;;
  esac
}

map_qcow2() {
  peek 16 16 || return 1
  be 4 4
  BITS=$N
  BLOCK=$((1 << N))
  be 8 8
  GUEST=$N
  peek 36 12 || return 1
  be 0 4
  L1N=$N
  be 4 8
  L1=$N
  # Extended entries have a map of their parts beside them; the reader asks it, so that more is brought than it needs.
  ENTRY=8
  peek 4 4 || return 1
  be 3 1
  if [ "$N" -ge 3 ]; then
    peek 72 8 || return 1
    be 7 1
    if [ $((N & 16)) -ne 0 ]; then ENTRY=16; fi
  fi
  TABLE=-1
  MAP=qcow2
}
locate_qcow2() {
  c=$(($1 / BLOCK))
  per=$((BLOCK / ENTRY))
  H=-1
  if [ $((c / per)) -ge "$L1N" ]; then return; fi
  if [ $((c / per)) -ne "$TABLE" ]; then
    peek $((L1 + c / per * 8)) 8 || return 1
    be 1 7
    L2=$((N & ~511))
    TABLE=$((c / per))
  fi
  if [ "$L2" -eq 0 ]; then return; fi
  peek $((L2 + c % per * ENTRY)) "$ENTRY" || return 1
  be 0 1
  if [ $((N & 0x40)) -ne 0 ]; then
    be 0 8
    N=$((N & 0x3fffffffffffffff))
    PK=$((N & ((1 << (70 - BITS)) - 1)))
    PKN=$((((N >> (70 - BITS)) + 1) * 512 - PK % 512))
    H=-2
    return
  fi
  be 7 1
  if [ $((N & 1)) -ne 0 ]; then return; fi
  be 1 7
  N=$((N & ~511))
  if [ "$N" -ne 0 ]; then H=$((N + $1 % BLOCK)); fi
}

map_vhd() {
  if [ "$SIZE" -ge 1024 ]; then peek $((SIZE - 512)) 512; fi
  peek 16 8 || return 1
  be 0 8
  h=$N
  peek 48 8 || return 1
  be 0 8
  GUEST=$N
  peek "$h" 1024 || return 1
  peek $((h + 16)) 8 || return 1
  be 0 8
  BAT=$N
  peek $((h + 32)) 4 || return 1
  be 0 4
  BLOCK=$N
  MAP=vhd
}
locate_vhd() {
  peek $((BAT + $1 / BLOCK * 4)) 4 || return 1
  be 0 4
  H=-1
  if [ "$N" -ne 4294967295 ]; then
    H=$((N * 512 + (BLOCK / 4096 + 511) / 512 * 512 + $1 % BLOCK))
  fi
}

map_vhdx() {
  peek 65536 64
  peek 131072 64
  peek 196608 528 || return 1
  META=0
  for k in 0 1 2 3; do
    peek $((196608 + 16 + k * 32)) 16 || return 1
    case "$O" in *"66 77 c2 2d 23 f6"*) w=bat ;; *"06 a2 7c 8b 90 47"*) w=meta ;; *) continue ;; esac
    peek $((196608 + 32 + k * 32)) 8 || return 1
    le 0 8
    if [ "$w" = bat ]; then BAT=$N; else META=$N; fi
  done
  if [ "$META" -eq 0 ]; then return 1; fi
  peek "$META" 2080 || return 1
  k=0
  while [ "$k" -lt 8 ]; do
    peek $((META + 32 + k * 32)) 16 || return 1
    G=$O
    peek $((META + 48 + k * 32)) 4 || return 1
    le 0 4
    k=$((k + 1))
    if [ "$N" -eq 0 ]; then continue; fi
    peek $((META + N)) 8 || return 1
    case "$G" in
      *"37 67 a1 ca 36 fa"*) le 0 4; BLOCK=$N ;;
      *"24 42 a5 2f 1b cd"*) le 0 8; GUEST=$N ;;
      *"1d bf 41 81 6f a9"*) le 0 4; SECTOR=$N ;;
    esac
  done
  MAP=vhdx
}
locate_vhdx() {
  x=$(($1 / BLOCK))
  peek $((BAT + (x + x / (8388608 * SECTOR / BLOCK)) * 8)) 8 || return 1
  le 0 8
  H=-1
  if [ $((N & 7)) -eq 6 ]; then H=$(((N >> 20 << 20) + $1 % BLOCK)); fi
}

# What the first 4 KiB may be, where they lie in one piece and where they do not.
kind_of_head() {
  KIND=
  first=000000 ext=000430 sign=0001f0
  if [ "$HOST" -ne 0 ]; then
    first=$(printf %06x "$HOST")
    ext=$(printf %06x $((HOST + 1072)))
    sign=$(printf %06x $((HOST + 496)))
  fi
  case "$HEAD" in
    "$first 58 46 53 42 "*) KIND=xfs ;;
    *"$ext "??" "??" "??" "??" "??" "??" "??" "??" 53 ef "*) KIND=ext ;;
    *"$sign "*" 55 aa${"$"}NL"*) KIND=fat ;;
  esac
}
kind_of_pieces() {
  KIND=
  gpeek 0 4 || return 1
  HOST=$H
  case "$O" in *" 58 46 53 42$NL"*) KIND=xfs; return ;; esac
  gpeek 1080 2 || return 1
  case "$O" in *" 53 ef$NL"*) KIND=ext; return ;; esac
  gpeek 510 2 || return 1
  case "$O" in *" 55 aa$NL"*) KIND=fat ;; esac
}

# Content of file $1 with the stat that follows.
content() {
  F=$1
  SIZE=$8
  if [ -b "$F" ]; then SIZE=$((SECTORS * 512)); fi
  if [ ! -r "$F" ]; then printf 'E %s\n' "$F"; return; fi
  printf 'C %s\n' "$F"
  if [ "$SIZE" -eq 0 ]; then return; fi
  if [ -f "$F" ] && [ "$9" -eq 0 ] && [ "$SIZE" -ge 1048576 ]; then return; fi
  MAP=raw
  STEPS=0
  PACKED=-1
  BLOCK=1099511627776
  GUEST=$SIZE
  peek 0 4096 || return
  HEAD=$O
  case "$HEAD" in
    "000000 51 46 49 fb"*) map_qcow2 || return ;;
    "000000 76 68 64 78 66 69 6c 65"*) map_vhdx || return ;;
    "000000 63 6f 6e 65 63 74 69 78"*) map_vhd || return ;;
    *) if [ $((SIZE % 1048576)) -ne 0 ] && [ "$SIZE" -gt 512 ]; then peek $((SIZE - 512)) 512; fi ;;
  esac
  HOST=0
  if [ "$MAP" != raw ]; then
    gpeek 0 4096 || return
    HEAD=$O
    HOST=$H
    if [ "$PACKED" -ge 0 ]; then gpeek 65536 4096; return; fi
  fi
  if [ "$BLOCK" -lt 4096 ]; then kind_of_pieces || return; else kind_of_head; fi
  case $KIND in xfs) xfs; return ;; ext) return ;; esac
  gpeek 65536 4096 || return
  if [ "$BLOCK" -lt 4096 ]; then gpeek 65600 8 || return; fi
  case "$O" in *" 5f 42 48 52 66 53 5f 4d"*) return ;; esac
  if [ "$KIND" = fat ]; then vfat; fi
  if gzero; then return; fi
  gpeek 4096 4096
  gpeek 32768 2048
  gpeek 16384 4096
  gpeek 8182 10
  gpeek 16374 10
  gpeek 65526 10
}

# The log's head is found by its cycle numbers, as in filesystems/xfs-log.ts.
cycle() {
  CYCLE=0
  gpeek $((LOG + $1 * 512)) 8 || return 1
  if [ -z "$O" ]; then return; fi
  be 0 4
  if [ "$N" -eq 4276992702 ]; then be 4 4; fi
  CYCLE=$N
}
xfs() {
  set -- $(od -A n -v -t x1 -j "$HOST" -N 200 "$F")
  if [ "$#" -lt 200 ]; then return; fi
  fb=$((0x$5$6$7$8))
  start=$((0x${"$"}{49}${"$"}{50}${"$"}{51}${"$"}{52}${"$"}{53}${"$"}{54}${"$"}{55}${"$"}{56}))
  ag=$((0x${"$"}{85}${"$"}{86}${"$"}{87}${"$"}{88}))
  bits=$((0x${"$"}{125}))
  blocks=$((0x${"$"}{97}${"$"}{98}${"$"}{99}${"$"}{100} * fb / 512))
  su=$((0x${"$"}{197}${"$"}{198}${"$"}{199}${"$"}{200}))
  if [ "$bits" -gt 31 ] || [ "$start" -le 0 ] || [ "$blocks" -lt 8 ]; then return; fi
  LOG=$((((start >> bits) * ag + (start & ((1 << bits) - 1))) * fb))
  if [ "$su" -gt 262144 ]; then su=262144; fi
  cycle 0 || return
  first=$CYCLE
  cycle $((blocks - 1)) || return
  if [ "$first" -eq 0 ]; then return; fi
  hi=$blocks
  if [ "$CYCLE" -ne "$first" ]; then
    lo=0
    hi=$((blocks - 1))
    while [ $((hi - lo)) -gt 1 ]; do
      mid=$(((lo + hi) / 2))
      cycle "$mid" || return
      if [ "$CYCLE" -eq "$first" ]; then lo=$mid; else hi=$mid; fi
    done
  fi
  want=$((5120 + su))
  if [ "$want" -gt 266752 ]; then want=266752; fi
  if [ "$want" -gt $((hi * 512)) ]; then want=$((hi * 512)); fi
  gpeek $((LOG + hi * 512 - want)) "$want"
}

# Table and root directory of a FAT filesystem, as in filesystems/vfat.ts.
vfat() {
  set -- $(od -A n -v -t u1 -j "$HOST" -N 64 "$F")
  bps=$((${"$"}{12} + ${"$"}{13} * 256))
  spc=${"$"}{14}
  res=$((${"$"}{15} + ${"$"}{16} * 256))
  roots=$(((${"$"}{18} + ${"$"}{19} * 256) * 32))
  fat=$((${"$"}{23} + ${"$"}{24} * 256))
  if [ "$bps" -lt 512 ] || [ "$bps" -gt 4096 ] || [ "$spc" -eq 0 ]; then return; fi
  if [ "$fat" -eq 0 ]; then
    fat=$((${"$"}{37} + ${"$"}{38} * 256 + ${"$"}{39} * 65536 + ${"$"}{40} * 16777216))
    first=$((${"$"}{45} + ${"$"}{46} * 256 + ${"$"}{47} * 65536 + ${"$"}{48} * 16777216))
    info=$((${"$"}{49} + ${"$"}{50} * 256))
    root=$(((res + ${"$"}{17} * fat) * bps + (first - 2) * spc * bps))
    roots=$((spc * bps))
    gpeek $((info * bps)) 512
  else
    root=$(((res + ${"$"}{17} * fat) * bps))
    gpeek $((res * bps)) $((fat * bps > 131072 ? 131072 : fat * bps))
  fi
  if [ "$roots" -gt 65536 ]; then roots=65536; fi
  gpeek "$root" "$roots"
}
`;
