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

# What answers questions where there is Perl, in one process: H in place of B, and zeros at the end go without saying.
PERL='
binmode STDOUT;
my ($file, $bytes);
sub bytes { my ($at, $length) = @_; return $file && sysseek($file, $at, 0) && sysread($file, $bytes, $length) }
while (my $q = <STDIN>) {
  chomp $q;
  if ($q =~ /^F (.*)$/) { undef $file; open($file, "<", $1) or undef $file; print "C $1\n" }
  elsif ($q =~ /^R ([0-9]+) ([0-9]+)$/) {
    my $at = $1;
    my $read = bytes($at, $2 > 1048576 ? 1048576 : $2) or next;
    $bytes =~ s/\0+\z//;
    print "H $at $read ", unpack("H*", $bytes), "\n";
  }
  elsif ($q =~ /^Z ([0-9]+) ([0-9]+)$/) {
    my ($at, $end, $zero) = ($1, $1 + $2, 1);
    while ($zero && $at < $end) {
      my $read = bytes($at, $end - $at > 1048576 ? 1048576 : $end - $at) or last;
      $zero = $bytes !~ /[^\0]/;
      $at += $read;
    }
    print $zero ? "Z" : "Y", substr($q, 1), "\n";
  }
  elsif ($q eq "G") { $| = 1; print "END $ARGV[0]\nBEGIN $ARGV[0]\n"; $| = 0 }
}
'

answers() {
  printf '%s\n' "BEGIN $1"
  if perl -e 1; then exec perl -e "$PERL" "$1" <&3; fi
  while IFS= read -r q <&3; do
    case "$q" in
      'F '*) F=${q#F }; printf 'C %s\n' "$F" ;;
      'R '*) q=${q#R }; give "${q% *}" "${q#* }" ;;
      'Z '*) q=${q#Z }; zero "${q% *}" "${q#* }" ;;
      G) printf '%s\n' "END $1" "BEGIN $1" ;;
    esac
  done
}
