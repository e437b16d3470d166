import { Language, Parser } from "web-tree-sitter";
import { compile, instantiate, type WasmModule } from "./wasm.ts";

/** Functions that web-tree-sitter's module has but its types do not name. */
export interface Runtime {
  HEAPU8: Uint8Array;
  HEAP32: Int32Array;
  _malloc(bytes: number): number;
  loadWebAssemblyModule(module: WasmModule, options: { loadAsync: true }): Promise<object>;
}

/** web-tree-sitter can be initialised once in a process, so every parser shares it. */
let runtime: Promise<Runtime> | null = null;

/** @throws when the bytes are not web-tree-sitter's module. */
export function startRuntime(wasm: Uint8Array | Promise<WasmModule>): Promise<Runtime> {
  runtime ??= start(wasm);
  return runtime;
}

async function start(wasm: Uint8Array | Promise<WasmModule>): Promise<Runtime> {
  const compiledRuntime = await compiled(wasm);
  const module = {
    instantiateWasm(imports: unknown, receive: (instance: unknown, module: WasmModule) => void) {
      receive(instantiate(compiledRuntime, imports), compiledRuntime);
      return {};
    },
  };
  await Parser.init(module as Parameters<typeof Parser.init>[0]);
  return module as unknown as Runtime;
}

/**
 * A grammar's language, and the functions that its module exports.
 *
 * @throws when the bytes are no grammar of tree-sitter.
 */
export async function loadGrammar(
  started: Runtime,
  wasm: Uint8Array | Promise<WasmModule>,
): Promise<{ readonly language: Language; readonly exports: object }> {
  const exports = await started.loadWebAssemblyModule(await compiled(wasm), { loadAsync: true });
  const load = Language as unknown as { loadFromWasmExports(e: object, o: { sync: false }): Language };
  return { language: load.loadFromWasmExports(exports, { sync: false }), exports };
}

function compiled(wasm: Uint8Array | Promise<WasmModule>): Promise<WasmModule> {
  return wasm instanceof Uint8Array ? compile(wasm) : wasm;
}
