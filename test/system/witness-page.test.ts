/** The page about proving the record. Its witness has its key before, so that the server can be told at its start. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../platform/store/testing/private-server.ts';
import { verifierText } from '../../tlog/note.ts';
import { newSigner } from '../../tlog/testing/served.ts';
import { runPage } from '../harness/page.ts';
import { type Running, root, startParapet } from '../harness/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-page-'));
let port: string;
let server: Running;
beforeAll(async () => {
  port = String(await freePort());
  const PARAPET_AUDIT_WITNESSES = `${await keyOfWitness()} http://127.0.0.1:${port}`;
  server = await startParapet({ env: { PARAPET_AUDIT_WITNESSES } });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

function keyOfWitness(): Promise<string> {
  const anyLog = verifierText(newSigner('nothing.example.com', 'log').key);
  const words = ['witness', '--name', 'witness.example.com', '--state', join(folder, 'witness'), '--log-key', anyLog];
  const child = spawn(process.execPath, ['dist/bin/parapet.js', ...words, '--listen', '127.0.0.1:0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((done) =>
    child.stdout.once('data', (text: Buffer) => {
      child.once('exit', () => done(text.toString().split(' ')[1] as string));
      child.kill('SIGKILL');
    }),
  );
}

it('works as it is written down', { timeout: 1_200_000 }, async () => {
  const path = 'docs/how-to/prove-the-record.md';
  const { code, stderr, printed } = await runPage(server, path, folder, { WITNESS_PORT: port });
  expect({ code, stderr: stderr.replaceAll(/^(proving|downloading) the log: \d+ of \d+\n/gm, '') }).toEqual({
    code: 0,
    stderr: '',
  });
  expect(printed).toHaveLength(7);
  expect(printed[4]).toContain('cosigned by witness.example.com');
});
