/** The baseline: what a bare node:https server does with the same requests on this machine. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [keyPath, port] = process.argv.slice(2) as [string, string];
const pem = readFileSync(keyPath, 'utf8');
const server = createServer({ key: pem, cert: pem }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
