// Uploads a file with tus-js-client as its README says; told how by one JSON argument, tells the address that it got.
import { createReadStream } from "node:fs";
import { Upload } from "tus-js-client";

const { path, endpoint, token, chunkSize, parallelUploads = 1, protocol = "tus-v1", delay = 50 } = JSON.parse(process.argv[2]);

const upload = new Upload(createReadStream(path), {
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
