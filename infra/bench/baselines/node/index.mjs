// A simple implementation in Node.js: it sends a template message with `fetch`, and stores the message's id and its order
// with the AWS SDK. It has no claim, no retries and no callbacks, so it does less than order-notifier.
import http from "node:http";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

const { ONEMSG_BASE_URL, ONEMSG_CHANNEL, ONEMSG_TOKEN, TABLE_NAME } = process.env;
const dynamodb = new DynamoDBClient({});

async function send(event) {
  const { customer, order, product, next_step: nextStep } = event.detail;
  const variables = [customer.name, order.number, product.name, nextStep];
  const response = await fetch(`${ONEMSG_BASE_URL}/${ONEMSG_CHANNEL}/sendTemplate`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${ONEMSG_TOKEN}` },
    body: JSON.stringify({
      phone: customer.phone.replace(/\D/g, ""),
      template: "order_cancelled",
      namespace: process.env.ONEMSG_NAMESPACE,
      language: { policy: "deterministic", code: customer.language },
      params: [{ type: "body", parameters: variables.map((text) => ({ type: "text", text: text.replace(/\.$/, "") })) }],
    }),
  });
  const reply = await response.json();
  if (!response.ok || reply.sent !== true) throw new Error(`not sent: ${response.status}`);
  await dynamodb.send(
    new PutItemCommand({
      TableName: TABLE_NAME,
      Item: { pk: { S: `NODE#${reply.id}` }, sk: { S: "MESSAGE" }, order_number: { S: order.number } },
    }),
  );
  console.log(JSON.stringify({ timestamp: new Date().toISOString(), level: "INFO", order: order.number }));
}

async function handler(batch) {
  for (const record of batch.Records) await send(JSON.parse(record.body));
  return { batchItemFailures: [] };
}

// Calls the Runtime API over one connection, as AWS's own client does.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, host, port, method, path: `/2018-06-01/runtime/${path}` }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const next = await call("GET", "invocation/next");
  const id = next.headers["lambda-runtime-aws-request-id"];
  try {
    const answer = await handler(JSON.parse(next.body));
    await call("POST", `invocation/${id}/response`, JSON.stringify(answer));
  } catch (error) {
    await call("POST", `invocation/${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: `${error.message} ${error.cause ?? ""}` }));
  }
}
