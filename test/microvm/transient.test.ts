import { expect, test } from "vitest";
import { declared, guestOf } from "./workspace.ts";

async function transient(preStart: string): Promise<boolean[]> {
  const found = await declared(
    {
      "vm.nix": `{ pkgs, config, lib, ... }: {
        networking.hostName = "vm";
        microvm.volumes = [
          { image = "o.img"; size = 1; mountPoint = "/a"; }
          { image = "./data.img"; size = 1; mountPoint = "/b"; }
        ];
        microvm.preStart = ${preStart};
      }`,
    },
    { open: ["vm.nix"] },
  );
  return guestOf(found, "vm").volumes.map((v) => v.transient);
}

test.each([
  ['"rm -f o.img"', [true, false]],
  ["''\n  # fresh every time\n  rm -f 'o.img' \"data.img\"\n''", [true, true]],
  ['"/run/current-system/sw/bin/rm -f o.img && echo ok; rm ./data.img"', [true, true]],
  ['"${pkgs.coreutils}/bin/rm -f o.img"', [true, false]],
  ["lib.mkBefore ''\n  ${pkgs.coreutils}/bin/rm -f ./o.img\n''", [true, false]],
  ['"rm -rf \\\\\\n o.img"', [true, false]],
  ['"if false; then\\nrm o.img\\nfi\\nrm data.img"', [false, true]],
  ['"test -e x || rm o.img"', [false, false]],
  ['"rm -f *.img"', [false, false]],
  ['"rm -f $IMAGE"', [false, false]],
  ['"echo rm o.img"', [false, false]],
  ['"# rm o.img"', [false, false]],
  ['"rm other.img"', [false, false]],
  ['""', [false, false]],
  ["pkgs.something", [false, false]],
])("%s", async (preStart, expected) => {
  expect(await transient(preStart)).toEqual(expected);
});
