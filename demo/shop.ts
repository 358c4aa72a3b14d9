/**
 * The web application, as its authors would write it: the password comes from the vault by our SDK, which asks again when it
 * is old or not accepted any more. Every page logs in to the database, so that every page is a proof of the password.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import pg from 'pg';
import { createParapet } from '../sdk/index.ts';

const { env } = process;
/** Short, so that a rotation is seen within the demo; the default of five minutes does as well. */
const MAX_AGE_MS = 1_000;

const parapet = createParapet({
  endpoint: env.PARAPET_ENDPOINT as string,
  region: env.AWS_REGION as string,
  ca: readFileSync(env.AWS_CA_BUNDLE as string),
  credentials: {
    accessKeyId: env.AWS_ACCESS_KEY_ID as string,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY as string,
  },
});

interface Login {
  username: string;
  password: string;
}

const page = () =>
  parapet.withCredential<Login, { user: string; text: string }>(
    env.SECRET as string,
    async (credential) => {
      const { username: user, password } = credential.reveal();
      const client = new pg.Client({ user, password });
      client.on('error', () => undefined);
      await client.connect();
      try {
        const { rows } = await client.query<{ item: string; pieces: number }>('SELECT item, pieces FROM stock');
        return { user, text: rows.map(({ item, pieces }) => `${pieces} ${item}s\n`).join('') };
      } finally {
        await client.end();
      }
    },
    { maxAgeMs: MAX_AGE_MS },
  );

createServer(async (_request, response) => {
  try {
    const { user, text } = await page();
    response.writeHead(200, { 'content-type': 'text/plain', 'x-database-user': user }).end(text);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${(error as Error).message}\n`);
  }
}).listen(Number(env.PORT), '127.0.0.1');
