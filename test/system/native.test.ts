/** The native modules under this version of Node: what they leave to the garbage collector never ends the process. */
import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { type Running, root, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

function evaluate(source: string): Promise<{ code: number | string; output: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['-e', source], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('exit', (code, signal) => done({ code: code ?? signal ?? -1, output }));
  });
}

// Compiled code that finds the young generation full collects it without an entered context; the objects that a
// collection finds dead here are statements. A clean-up hook that needs a context aborts (ADR 7).
const discarding = `
  const Database = require('better-sqlite3');
  const db = new Database(':memory:');
  for (let i = 0; i < 2000; i++) {
    db.prepare('select 1').get();
    Array.from({ length: 1000 }, (_, j) => ({ j }));
  }`;

describe('statements left to the garbage collector', () => {
  it('are collected in the middle of a computation', async () => {
    expect(await evaluate(`${discarding} console.log('whole');`)).toEqual({ code: 0, output: 'whole\n' });
  });

  it('are collected in a thread, and at its end without a close', async () => {
    const source = `
      const { Worker } = require('node:worker_threads');
      require('better-sqlite3');
      const inside = ${JSON.stringify(`${discarding} globalThis.kept = [db, db.prepare('select 2')];`)};
      const end = (code) => new Promise((done) => new Worker(inside + code, { eval: true }).on('exit', done));
      (async () => {
        console.log(await end(''), await end('process.exit(3)'), await end(''));
      })();`;
    expect(await evaluate(source)).toEqual({ code: 0, output: '0 3 0\n' });
  });
});

describe('the server', () => {
  let server: Running | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  it('starts, works and stops again and again while memory is collected all the time', async () => {
    const running = await startParapet({ env: { NODE_OPTIONS: '--max-semi-space-size=1' } });
    server = running;
    for (let round = 0; round < 5; round++) {
      if (round > 0) await running.start();
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          native(running, i % 4 === 0 ? '/v1/kms/create-key' : '/v1/sts/get-caller-identity', {}),
        ),
      );
      expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
      expect(await running.terminate(), running.output()).toEqual([0]);
    }
    expect(running.output()).not.toMatch(/Assertion|Native stack trace/);
  });
});
