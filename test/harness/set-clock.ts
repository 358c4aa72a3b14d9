/** Sets the clock of servers that run, by libfaketime: what `date` would tell them jumps, the time that passes does not. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LIBRARIES = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketimeMT.so.1`);
/** Servers look at the file this often. */
const CACHED_SECONDS = 1;

export class SetClock {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parapet-clock-'));
  private readonly file = join(this.folder, 'offset');
  /** Difference to the clock of this machine. */
  offsetMs = 0;

  constructor() {
    this.write(0);
  }

  /** For the environment of the servers. */
  get env(): Record<string, string> {
    const library = LIBRARIES.find((path) => existsSync(path));
    if (library === undefined) throw new Error('libfaketime is not installed: apt-get install faketime');
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_CACHE_DURATION: String(CACHED_SECONDS),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
    };
  }

  /** What the servers take for now. */
  now(): number {
    return Date.now() + this.offsetMs;
  }

  async set(seconds: number): Promise<void> {
    this.write(seconds);
    this.offsetMs = seconds * 1000;
    await new Promise((wait) => setTimeout(wait, (CACHED_SECONDS + 1) * 1000));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private write(seconds: number): void {
    writeFileSync(this.file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  }
}
