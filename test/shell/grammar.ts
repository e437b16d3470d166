/** Random scripts: statements, conditions and words that a small grammar puts together. The same number gives the same. */
export function randomScript(number: number): { readonly script: string; readonly options: readonly string[] } {
  const random = generator(number);
  const script = new Grammar(random).statements(3);
  const options = random() < 0.4 ? ["-e"] : random() < 0.4 ? ["-euo", "pipefail"] : [];
  return { script, options };
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Grammar {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  #one<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  statements(depth: number): string {
    const count = 1 + Math.floor(this.#random() * 3);
    return Array.from({ length: count }, () => this.#statement(depth)).reduce(
      (all, each) => all + (/\nE$/.test(all) ? "\n" : this.#one(["\n", "; ", "\n\n# a note\n"])) + each,
    );
  }

  #statement(depth: number): string {
    if (depth <= 0 || this.#random() < 0.45) return this.#command();
    const inner = () => this.statements(depth - 1);
    return this.#one([
      () => `if ${this.#condition()}; then ${inner()}\nfi`,
      () => `if ${this.#condition()}\nthen\n${inner()}\nelse ${inner()}\nfi`,
      () => `if ${this.#condition()}; then ${inner()}\nelif ${this.#condition()}; then ${inner()}\nelse ${inner()}\nfi`,
      () => `${this.#condition()} && ${this.#command()}`,
      () => `${this.#condition()} || ${this.#command()}`,
      () => `${this.#command()} && ${this.#command()} || ${this.#command()}`,
      () => `! ${this.#condition()} || ${this.#command()}`,
      () => `{ ${inner()}\n}`,
      () => `( ${inner()}\n)`,
      () => `(cd ${this.#one(["sub", "gone", "..", "."])} && ${this.#command()})`,
      () =>
        `for i in ${this.#one(["a b", "a.img b.img", "*.img", "gone*", "$x sub/c.img", "{a,b}.img", '"$x"'])}; do ${this.#one(['rm -f "$i"', 'rm -f "$i.img"', 'touch "$i.new"', '[ -e "$i" ] && truncate -s +1K "$i"', 'echo "$i" >> log', "continue", "break"])}; done`,
      () =>
        `case ${this.#one(['"$x"', "a.img", "$(basename $x .img)", "${x%.*}", "$y"])} in ${this.#one(["a|b", "*.img", "a*", '""', "?.img", "[ab]"])}) ${this.#command()};; ${this.#one(["b*", "*", "[!a]*"])}) ${this.#command()};; esac`,
      () => `f() { ${inner()}\n}; f ${this.#word()}`,
      () =>
        `n=0; while [ $n -lt ${this.#one(["0", "2", "3"])} ]; do ${this.#one(["truncate -s +10 a.img", "touch n$n", "rm -f a.img", "echo $n >> log"])}; n=$((n+1)); done`,
      () => `${this.#command()} > ${this.#one(["/dev/null", "out", "a.img", "gone/x", "log 2>&1"])}`,
      () =>
        `x=${this.#one(["a.img", "b.img", "gone", '"$(basename a.img)"', "$PWD/a.img", '"$(cat conf)"', "", "sub/c.img", "${x:-b.img}"])}`,
      () =>
        `x=$(${this.#one(["stat -c %s", "wc -c <", "cat", "readlink", "readlink -f", "basename", "dirname"])} ${this.#word()})`,
      () =>
        `y=\${${this.#one(["x%.img", "x##*/", "x:-a.img", "x:+b.img", "x%%.*", "#x", "x#*.", "x:=a.img", "x/img/raw", "x//a/b"])}}`,
      () => `cat <<${this.#one(["E", "'E'"])} > ${this.#one(["log", "a.img", "$x.txt"])}\nhello $x \${y:-n}\nE`,
      () =>
        `echo ${this.#word()} | ${this.#one(["cat", "xargs rm -f", "tee log", 'while read -r l; do touch "r$l"; done', "cat > piped"])}`,
      () => `set ${this.#one(["-e", "+e", "-u", "-o pipefail", "-f", "+f"])}`,
      () => `trap '${this.#one(["rm -f a.img", "touch trapped", "exit 0", ":"])}' EXIT`,
      () => `eval "${this.#one(["rm -f a.img", "x=b.img", "touch ev"])}"`,
      () =>
        `bash ${this.#one(["", "-e", "-eu"])} -c '${this.#one(["rm -f a.img; touch c", 'rm -f "$1"', "false; touch d", "exit 3", "[ -e a.img ] && truncate -s 7 a.img"])}' sh ${this.#word()}`,
      () =>
        `find ${this.#one([".", "sub", "gone", "a.img"])} ${this.#one(["-name '*.img'", "-type f -name 'a*'", "-maxdepth 1 -name '*.img'", "-size +4k", "-empty -type f", "-name gone"])} ${this.#one(["-delete", "-exec rm -f {} \\;", "-exec rm -f {} +", "-exec truncate -s 1K {} \\;"])}`,
      () => `exit ${this.#one(["", "0", "1", "7"])}`,
      () =>
        `set -- a.img b.img; ${this.#one(['rm -f "$1"', "shift; rm -f $1", 'for f; do touch "$f.s"; done', 'rm -f "$@"', "echo $# > log"])}`,
      () =>
        `arr=(a.img b.img); ${this.#one(['rm -f "${arr[@]}"', 'rm -f "${arr[1]}"', 'echo "${#arr[@]}" > log', "arr+=(sub/c.img); rm -f ${arr[2]}"])}`,
    ])();
  }

  #word(): string {
    return this.#one([
      "a.img",
      "b.img",
      "./a.img",
      '"$PWD/a.img"',
      "$x",
      '"$x"',
      "gone",
      "sub",
      "sub/c.img",
      "sub/../a.img",
      "gone/../a.img",
      "a.img/",
      "conf",
      "'a.img'",
      "a.i'mg'",
      '"a".img',
      "a\\.img",
      "real.img",
      "$1",
    ]);
  }

  #condition(): string {
    const word = () => this.#word();
    return this.#one([
      () => `[ ${this.#one(["-e", "-f", "-d", "-s", "-L", "-h", "-r", "-w", "-x", "-b", "-n", "-z"])} ${word()} ]`,
      () => `[ ! ${this.#one(["-e", "-f", "-s", "-L"])} ${word()} ]`,
      () => `test ${this.#one(["-e", "-f"])} ${word()}`,
      () => `[[ ${this.#one(["-e", "-f", "-d", "-s", "-L"])} ${word()} ]]`,
      () => `[[ -e ${word()} ${this.#one(["&&", "||"])} ! -f ${word()} ]]`,
      () => `[ -e ${word()} ${this.#one(["-a", "-o"])} -s ${word()} ]`,
      () =>
        `[ "$(stat -c %s ${word()})" ${this.#one(["-lt", "-gt", "-eq", "-ge"])} ${this.#one(["100", "5000", "20000"])} ]`,
      () => `[ $(wc -c < ${word()}) -ge ${this.#one(["1", "5000"])} ]`,
      () => `(( $(stat -c %s b.img) ${this.#one([">", "<", "=="])} ${this.#one(["100", "20000"])} ))`,
      () => `[[ $x ${this.#one(["==", "!="])} ${this.#one(["a*", "*.img", '"a.img"', "''"])} ]]`,
      () => `[ "$x" ${this.#one(["=", "!="])} ${this.#one(["a.img", '""', "b.img"])} ]`,
      () => `cmp -s ${word()} ${word()}`,
      () => `[ "$(readlink a.img)" = real.img ]`,
      () => "true",
      () => "false",
      () => `! ${this.#one(["true", "false", "[ -e a.img ]"])}`,
      () => `[ ${word()} -ef ${word()} ]`,
      () => `[ -z "\${x:-}" ]`,
      () => `rm ${word()}`,
      () => `mkdir ${this.#one(["new", "sub", "a.img"])}`,
    ])();
  }

  #command(): string {
    const word = () => this.#word();
    return this.#one([
      () => `rm ${this.#one(["", "-f", "-r", "-rf", "-d", "--"])} ${word()}`,
      () => `rm -f ${word()} ${word()}`,
      () => `rm -f ${this.#one(["*.img", "*", "?.img", "sub/*.img", "[ab].img", "*.gone", "{a,c}.img"])}`,
      () => `unlink ${word()}`,
      () => `touch ${word()}`,
      () =>
        `truncate -s ${this.#one(["0", "1K", "3M", "+100", "-100", "'>4K'", "'<4K'", "%4096", "/4096", "6000"])} ${word()}`,
      () => `truncate -c -s 1K ${word()}`,
      () => `fallocate -l ${this.#one(["1K", "64K"])} ${word()}`,
      () =>
        `dd if=/dev/zero of=${word()} bs=1K ${this.#one(["count=3", "count=0 seek=9", "count=1 seek=2 conv=notrunc", "seek=1 count=1"])} status=none`,
      () => `mv ${this.#one(["", "-f", "-T"])} ${word()} ${this.#one([word(), "sub", "moved"])}`,
      () =>
        `cp ${this.#one(["", "-f", "-a", "-p", "--reflink=auto"])} ${word()} ${this.#one([word(), "sub", "copied"])}`,
      () => `ln ${this.#one(["-s", "-sf", "-sfn", "-sfT"])} ${word()} ${this.#one([word(), "linked", "sub"])}`,
      () => `mkdir ${this.#one(["", "-p"])} ${this.#one(["new", "new/x", "sub", "a.img", "gone/x/y"])}`,
      () => `rmdir ${this.#one(["sub", "new", "a.img", "gone"])}`,
      () => `install ${this.#one(["", "-m 600"])} ${word()} ${this.#one([word(), "installed", "sub"])}`,
      () => `install -d ${this.#one(["new", "new/x", "a.img"])}`,
      () => `chmod ${this.#one(["600", "0644", "u+x", "go-r"])} ${word()}`,
      () => `chown 65534 ${word()}`,
      () => `shred -n 1 ${this.#one(["-u", "-x"])} ${word()}`,
      () =>
        `echo ${this.#one(["hello", "$x", '"$y"', "-n x", "*.img"])} ${this.#one([">", ">>"])} ${this.#one(["log", "a.img", word()])}`,
      () => `: > ${word()}`,
      () => `printf '%s\\n' ${word()} > log`,
      () => `cat ${word()} > ${this.#one(["out", "a.img"])}`,
      () => `qemu-img resize -q -f raw ${word()} ${this.#one(["1M", "+4K", "4K"])}`,
      () => `cd ${this.#one(["sub", "gone", ".", "..", "a.img"])}`,
      () => "true",
      () => "false",
      () => `env rm -f ${word()}`,
      () => `command rm -f ${word()}`,
      () => `/bin/rm -f ${word()}`,
      () => `return ${this.#one(["", "0", "1"])}`,
      () => `rm -f ${word()} || true`,
    ])();
  }
}
