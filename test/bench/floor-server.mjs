// A language server that does nothing: what the protocol and the start of Node cost. Others are measured as multiples of it.

let received = Buffer.alloc(0);

process.stdin.on("data", (chunk) => {
  received = received.length > 0 ? Buffer.concat([received, chunk]) : chunk;
  for (;;) {
    const headerEnd = received.indexOf("\r\n\r\n");
    if (headerEnd < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(received.toString("latin1", 0, headerEnd))[1]);
    const end = headerEnd + 4 + length;
    if (received.length < end) return;
    answer(JSON.parse(received.toString("utf8", headerEnd + 4, end)));
    received = received.subarray(end);
  }
});

function answer({ id, method }) {
  if (method === "exit") process.exit(0);
  if (id === undefined) return;
  const results = {
    initialize: {
      capabilities: {
        textDocumentSync: 2,
        diagnosticProvider: { interFileDependencies: false, workspaceDiagnostics: false },
      },
    },
    "textDocument/diagnostic": { kind: "full", items: [] },
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id, result: results[method] ?? null });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
