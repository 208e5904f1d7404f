// Labels posts over one stream, and shows how a refusal is read: node classify.mjs [HOST:PORT] [TOKEN]
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [address = "127.0.0.1:50051", token = ""] = process.argv.slice(2);
const proto = fileURLToPath(new URL("../../proto/", import.meta.url));
const definition = loader.loadSync("forumlens/v1/classification.proto", {
  includeDirs: [proto],
  keepCase: true,
  longs: Number,
  defaults: true,
});
const { ClassificationService } = grpc.loadPackageDefinition(definition).forumlens.v1;

const metadata = new grpc.Metadata();
if (token) metadata.set("authorization", `Bearer ${token}`);
// With TLS: grpc.credentials.createSsl(fs.readFileSync("ca.pem")).
const client = new ClassificationService(address, grpc.credentials.createInsecure());

const call = (method, request) =>
  new Promise((resolve, reject) =>
    client[method](request, metadata, { deadline: Date.now() + 30_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );

const info = await call("GetModelInfo", {});
console.log(`bundle ${info.bundle_id}, ${info.taxonomy}`);

const stream = client.ClassifyStream(metadata);
const bodies = ["CUDA runs out of memory", "training is slow", "hello everybody"];
for (const [number, body] of bodies.entries()) {
  // write() gives false when the server reads no further: then wait for "drain", else memory fills up here.
  if (!stream.write({ posts: [{ id: `${number}`, body }] })) await new Promise((go) => stream.once("drain", go));
}
stream.end();
for await (const { classifications } of stream) {
  for (const { id, labels, abstained } of classifications) {
    console.log(`${id}: ${abstained ? "unsure" : labels.map((each) => each.label).join(", ") || "no label"}`);
  }
}

try {
  await call("Classify", { posts: [{ id: "empty" }] });
} catch (error) {
  console.log(`${grpc.status[error.code]}: ${error.details}`);
}
client.close();
