/**
 * The program of the data platform, as its authors would write it: the AWS SDK with its settings from the environment, a
 * data key for each file, and one frame in memory at a time.
 *
 *   seal <file> <sealed file> <key>    the sealed data key, then the frames
 *   open <sealed file>                 tells what is in it
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { FRAME_BYTES, openFrame, sealFrame, TAG_BYTES } from './frames.ts';

const kms = new KMSClient({});
const EncryptionContext = { purpose: 'data-platform' };
/** The memory is looked at after this part of the frames, and at the end. */
const EARLY = 1 / 16;

const [verb, source = '', ...rest] = process.argv.slice(2);
const file = openSync(source, 'r');
process.stdout.write(JSON.stringify(verb === 'seal' ? await seal(rest[0] as string, rest[1]) : await open()));

async function seal(path: string, KeyId: string | undefined): Promise<object> {
  const data = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
  const key = data.Plaintext as Uint8Array;
  const sealedKey = data.CiphertextBlob as Uint8Array;
  const out = openSync(path, 'wx', 0o600);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(sealedKey.length);
  writeSync(out, length);
  writeSync(out, sealedKey);
  const told = overFrames(0, FRAME_BYTES, (index, last, plain) => {
    for (const part of sealFrame(key, index, last, plain)) writeSync(out, part);
  });
  key.fill(0);
  closeSync(out);
  return told;
}

async function open(): Promise<object> {
  const length = Buffer.alloc(2);
  readSync(file, length);
  const CiphertextBlob = Buffer.alloc(length.readUInt16BE());
  readSync(file, CiphertextBlob);
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  const key = Plaintext as Uint8Array;
  const hash = createHash('sha256');
  const told = overFrames(length.length + CiphertextBlob.length, FRAME_BYTES + TAG_BYTES, (index, last, sealed) => {
    hash.update(openFrame(key, index, last, sealed));
  });
  key.fill(0);
  return { ...told, sha256: hash.digest('hex') };
}

/** One buffer for all; answers the most memory that the process ever had, early and at the end. */
function overFrames(from: number, bytes: number, each: (index: number, last: boolean, frame: Buffer) => void) {
  const frames = Math.ceil((fstatSync(file).size - from) / bytes);
  const frame = Buffer.alloc(bytes);
  let earlyPeakKiB = 0;
  for (let index = 0; index < frames; index++) {
    const read = readSync(file, frame, 0, bytes, from + index * bytes);
    each(index, index === frames - 1, frame.subarray(0, read));
    if (index === Math.floor(frames * EARLY)) earlyPeakKiB = process.resourceUsage().maxRSS;
  }
  return { frames, earlyPeakKiB, peakKiB: process.resourceUsage().maxRSS };
}
