# Gives bytes of files: the beginning of each that may be an image, and whatever is asked for then. Part of the script of remote-script.ts; POSIX sh.
# The beginning of file $1 with the stat that follows.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of the other parts
content() {
  F=$1
  SIZE=$8
  if [ -b "$F" ]; then SIZE=$((SECTORS * 512)); fi
  if [ ! -r "$F" ]; then printf 'E %s\n' "$F"; return; fi
  printf 'C %s\n' "$F"
  if [ "$SIZE" -eq 0 ]; then return; fi
  if [ -f "$F" ] && [ "$9" -eq 0 ] && [ "$SIZE" -ge 1048576 ]; then return; fi
  give 0 8192
}

give() {
  printf 'B %s %s\n' "$1" "$2"
  od -A x -t x1 -j "$1" -N "$2" "$F"
}

# Whether a range holds only zeros; od prints lines that repeat once.
zero() {
  case "$(od -A n -t x1 -j "$1" -N "$2" "$F" | head -n 3)" in
    *[1-9a-f]*) printf 'Y %s %s\n' "$1" "$2" ;;
    *) printf 'Z %s %s\n' "$1" "$2" ;;
  esac
}

answers() {
  printf '%s\n' "BEGIN $1"
  while IFS= read -r q <&3; do
    case "$q" in
      'F '*) F=${q#F }; printf 'C %s\n' "$F" ;;
      'R '*) q=${q#R }; give "${q% *}" "${q#* }" ;;
      'Z '*) q=${q#Z }; zero "${q% *}" "${q#* }" ;;
      G) printf '%s\n' "END $1" "BEGIN $1" ;;
    esac
  done
}
