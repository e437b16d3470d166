/** One of several processes that keep the same history: `writer FOLDER GUEST SECONDS LOOKS NOW`. */
import { record } from "../../server/src/history/store.ts";

const [folder = "", guest = "", seconds = "0", looks = "1", now = "0"] = process.argv.slice(2);
for (let look = 0; look < Number(looks); look++) {
  const at = Number(seconds) + look * 3600;
  record(folder, [{ at, guest, image: "/x.img", usedBytes: look, availableBytes: 1 }], Number(now), "owner");
}
