// Uploads a file with tus-js-client as its README says; told how by one JSON argument, tells the address that it got.
import { createReadStream, readFileSync } from "node:fs";
import { Upload } from "tus-js-client";

const { path, endpoint, token, chunkSize, parallelUploads = 1, protocol = "tus-v1", delay = 50 } = JSON.parse(process.argv[2]);

// Of a stream that is a file, this client (4.3.1) takes only one sent as a single chunk for ended: by the draft it then
// never says that the last bytes were the last. Of bytes in memory, and of files in a browser, it does.
const source = protocol === "tus-v1" ? createReadStream(path) : readFileSync(path);
const upload = new Upload(source, {
  endpoint,
  chunkSize,
  parallelUploads,
  protocol,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: path.split("/").pop(), filetype: "video/mp4" },
  retryDelays: Array(200).fill(delay),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url })),
});
upload.start();
