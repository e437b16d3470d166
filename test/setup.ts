import fc from "fast-check";

// The same cases in every run: a suite that fails by chance teaches people to run it again. `SEED=…` looks elsewhere.
fc.configureGlobal({ seed: Number(process.env["SEED"] ?? 20261122) });
