import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Engine } from "../../server/src/engine/engine.ts";
import { folderOf, testParser } from "../microvm/workspace.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const flake = (size: number) => `{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm {
        microvm.volumes = [ { image = "data.img"; size = ${size}; mountPoint = "/var"; } ];
      } ];
    };
  };
}
`;

test("a snapshot is let go once there is a newer one", async () => {
  const folder = folderOf({ "flake.nix": flake(1) });
  const parser = await testParser();
  const hosts = [{ name: "here", via: "local", stateDir: `${folder}/state` }] as const;
  const engine = new Engine({ parser, roots: [folder], settings: { hosts, rules: {} } });
  const older: WeakRef<object>[] = [];
  for (let size = 2; size < 6; size++) {
    engine.setDocument(`${folder}/flake.nix`, flake(size));
    older.push(new WeakRef(await engine.snapshot()));
  }
  const newest = older.pop();
  // What a WeakRef was made of stays until the turn is over.
  await new Promise((done) => setImmediate(done));
  collect();
  expect(older.map((each) => each.deref())).toEqual([undefined, undefined, undefined]);
  expect(newest?.deref()).toBe(engine.current());
  engine.dispose();
});
