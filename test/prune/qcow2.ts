/** A qcow2 header, version 2, of one MiB with this backing file. */
export function qcow2(backing: string): Buffer {
  const header = Buffer.alloc(4096);
  header.write("QFI\xfb", "latin1");
  header.writeUInt32BE(2, 4);
  header.writeBigUInt64BE(1024n, 8);
  header.writeUInt32BE(Buffer.byteLength(backing), 16);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(1048576n, 24);
  header.write(backing, 1024);
  return header;
}
