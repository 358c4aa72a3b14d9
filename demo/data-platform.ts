/**
 * A data platform encrypts a file by envelope encryption: a data key under a key of its account, and frames of a mebibyte.
 * The program is a process of its own, so that its memory can be measured. PARAPET_DEMO_MEBIBYTES: size of the file.
 */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { awsClients, environment, type Ran, run } from '../test/harness/clients.ts';
import type { Administrator } from './landing-zone.ts';
import { must, printed, type Story } from './story.ts';

const MEBIBYTES = Number(process.env.PARAPET_DEMO_MEBIBYTES ?? 1024);
const MAX_GROWTH_KIB = 48 << 10;
const PROGRAM = join(import.meta.dirname, 'seal/main.ts');
const PROGRAM_MS = 600_000;

interface Told {
  frames: number;
  earlyPeakKiB: number;
  peakKiB: number;
  sha256?: string;
}

export const dataPlatform = (data: Administrator) => async (story: Story) => {
  const { server, step } = story;
  const { KeyMetadata } = await awsClients(server, data.credentials).kms.send(new CreateKeyCommand({}));
  const key = KeyMetadata?.Arn as string;
  const program = (...words: string[]): Promise<Ran> =>
    run(process.execPath, ['--import', 'tsx', PROGRAM, ...words], environment(server, data.credentials), PROGRAM_MS);
  const told = async (...words: string[]) => JSON.parse(await printed(program(...words), words[0] as string)) as Told;

  const plain = join(story.folder, 'plain');
  const sealed = join(story.folder, 'sealed');
  const digest = writeRandomFile(plain);
  step(`a file of ${statSync(plain).size.toLocaleString('en')} random bytes, sha256 ${digest.slice(0, 16)}...`);

  const sealing = await told('seal', plain, sealed, key);
  rmSync(plain);
  const early = Math.floor(sealing.frames / 16);
  step(`sealed in ${sealing.frames} frames under a data key of ${key}`);
  step(
    `its memory: ${mebibytes(sealing.earlyPeakKiB)} at most for the first ${early} MiB, ${mebibytes(sealing.peakKiB)} for all`,
  );
  must(sealing.peakKiB - sealing.earlyPeakKiB < MAX_GROWTH_KIB, 'the memory grows with the file');

  const opening = await told('open', sealed);
  must(opening.sha256 === digest, 'the opened file differs');
  must(opening.peakKiB - opening.earlyPeakKiB < MAX_GROWTH_KIB, 'the memory grows with the file');
  step(`opened again: the hashes are equal, ${mebibytes(opening.peakKiB)} of memory`);

  flipByte(sealed, statSync(sealed).size >> 5);
  const flipped = await program('open', sealed);
  must(flipped.code !== 0 && flipped.stderr.includes('unable to authenticate'), flipped.stderr);
  rmSync(sealed);
  step('a byte of it flipped: refused');
  const shown = `${sealing.frames} MiB sealed and opened in ${mebibytes(Math.max(sealing.peakKiB, opening.peakKiB))} of memory`;
  return { shown, key };
};

/** Answers its hash. */
function writeRandomFile(path: string): string {
  const file = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  for (let written = 0; written < MEBIBYTES; written++) {
    const chunk = randomBytes(1 << 20);
    hash.update(chunk);
    writeSync(file, chunk);
  }
  closeSync(file);
  return hash.digest('hex');
}

function flipByte(path: string, at: number): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.of((byte[0] as number) ^ 1), 0, 1, at);
  closeSync(file);
}

const mebibytes = (kib: number) => `${Math.round(kib / 1024)} MiB`;
