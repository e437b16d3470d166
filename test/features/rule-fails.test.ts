import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { sizeUnitSuspicious } from "../../server/src/rules/size-unit-suspicious.ts";
import { workspace } from "../cli/workspace.ts";
import { modern, TestClient } from "./client.ts";

afterEach(() => vi.restoreAllMocks());

it("tells the editor's output of a rule that fails, once and with its stack, and answers with the others", async () => {
  vi.spyOn(sizeUnitSuspicious as Extract<typeof sizeUnitSuspicious, { check: unknown }>, "check").mockImplementation(
    () => {
      throw new Error("broken on purpose");
    },
  );
  const text = `{
  microvm.hypervisor = "qemu";
  microvm.volumes = [ { image = "data.img"; mountPoint = "/var"; size = 0; } ];
}
`;
  const folder = workspace({ "web.nix": text });
  const client = await TestClient.start({ folder, capabilities: modern });
  const told: { readonly type: number; readonly message: string }[] = [];
  client.connection.onNotification("window/logMessage", (params: (typeof told)[number]) => {
    told.push(params);
  });
  const uri = await client.open(join(folder, "web.nix"), text);
  expect((await client.pull(uri)).map(({ code }) => code)).toContain("size-below-minimum");
  await client.change(uri, text.replace("size = 0", "size = -1"));
  expect((await client.pull(uri)).map(({ code }) => code)).toContain("size-below-minimum");
  await client.stop();
  expect(told.map(({ type }) => type)).toEqual([1]);
  expect(told[0]?.message).toMatch(/size-unit-suspicious failed.*broken on purpose\n +at /s);
});
