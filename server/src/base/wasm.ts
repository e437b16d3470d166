/** The bytes of web-tree-sitter's module and of a grammar's, or what is being made of them. */
export interface WasmModules {
  readonly runtime: Uint8Array | Promise<WasmModule>;
  readonly grammar: Uint8Array | Promise<WasmModule>;
}

/** A compiled module; TypeScript knows WebAssembly only together with a browser. */
export interface WasmModule {
  readonly [brand]: true;
}
declare const brand: unique symbol;

/** Compiles on other threads. Rejects when the bytes are no module. */
export function compile(bytes: Uint8Array): Promise<WasmModule> {
  return webAssembly.compile(bytes);
}

/** @throws when the module wants other imports. */
export function instantiate(module: WasmModule, imports: unknown): unknown {
  return new webAssembly.Instance(module, imports);
}

const webAssembly = (
  globalThis as unknown as {
    WebAssembly: {
      compile(bytes: Uint8Array): Promise<WasmModule>;
      Instance: new (module: WasmModule, imports: unknown) => unknown;
    };
  }
).WebAssembly;
