// The same messages through nodemailer's pool: node nodemailer.mjs MESSAGE.json PORT COUNT
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { createTransport } from "nodemailer";

const message = JSON.parse(readFileSync(process.argv[2], "utf8"));
const port = Number(process.argv[3]);
const count = Number(process.argv[4]);
const pool = createTransport({
  pool: true, host: "127.0.0.1", port, secure: false, ignoreTLS: true, maxConnections: 5, maxMessages: Infinity,
});
const fill = (text, name, url) => text.replaceAll("{name}", name).replaceAll("{url}", url);

let next = 0;
let sent = 0;
async function sender() {
  while (next < count) {
    const number = next++;
    const name = `Ann${number}`;
    const url = `https://practice.example/u/token-of-22-letters-${String(number).padStart(6, "0")}`;
    await pool.sendMail({
      from: "Bridge Street Dental <hello@practice.example>",
      to: `p${number}@example.com`,
      subject: fill(message.subject, name, url),
      text: fill(message.text, name, url),
      html: fill(message.html, name, url),
      headers: {
        "List-Unsubscribe": `<${url}>, <mailto:hello@practice.example?subject=unsubscribe>`,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
      },
    });
    sent++;
  }
}
const begin = performance.now();
await Promise.all(Array.from({ length: 20 }, sender));
const seconds = (performance.now() - begin) / 1000;
pool.close();
console.log(JSON.stringify({ send_s: seconds, sent }));
