import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll } from "vitest";

// The same cases in every run: a suite that fails by chance teaches people to run it again. `SEED=…` looks elsewhere.
fc.configureGlobal({ seed: Number(process.env["SEED"] ?? 20261122) });

// Servers that a test starts remember how full volumes are, but not where this user's own editor does.
const state = join(tmpdir(), `microvm-lens-state-${process.pid}`);
process.env["XDG_STATE_HOME"] = state;
afterAll(() => rmSync(state, { recursive: true, force: true }));
