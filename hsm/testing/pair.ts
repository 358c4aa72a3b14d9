/** Two SoftHSM tokens in one data folder, each with its agent, joined as the product joins them. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentHsm, connectHsm } from '../agent/client.ts';
import { connectHsmPair, type HsmPair } from '../pair/pair.ts';
import { softHsm } from '../softhsm/softhsm.ts';

export const FOLDERS = ['hsm', 'hsm-b'] as const;
export type Folder = (typeof FOLDERS)[number];

const TUNING = { probeMs: 300, reopenMs: 200, lingerMs: 500 };

export class TestPair {
  readonly dataFolder = mkdtempSync(join(tmpdir(), 'parapet-pair-'));
  readonly #open: { close(): Promise<void> }[] = [];

  /** One token alone, as an installation without a second one has it. */
  single(folder: Folder, mayPair = false): AgentHsm {
    const hsm = connectHsm(softHsm({ dataFolder: this.dataFolder, folder, mayPair, log: 'ignore', tuning: TUNING }));
    this.#open.push(hsm);
    return hsm;
  }

  /** `only`: the agent of the other token is not started by anybody, and never comes. */
  pair(only?: Folder, graceMs = 20_000): HsmPair {
    const [first, second] = FOLDERS.map((folder) => {
      if (only === undefined || only === folder) return this.single(folder, true);
      const absent = connectHsm({ socketPath: join(this.dataFolder, 'nobody.sock'), startMs: 100 });
      this.#open.push(absent);
      return absent;
    });
    const pair = connectHsmPair(first!, second!, { graceMs });
    this.#open.push(pair);
    return pair;
  }

  pids(folder: Folder): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const socket = join(this.dataFolder, folder, 'agent.sock');
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`"socketPath":"${socket}"`);
        } catch {
          return false;
        }
      })
      .map(Number);
  }

  signal(folder: Folder, signal: NodeJS.Signals): void {
    for (const pid of this.pids(folder)) process.kill(pid, signal);
  }

  takeAway(folder: Folder): void {
    const tokens = join(this.dataFolder, folder, 'tokens');
    renameSync(tokens, `${tokens}.away`);
  }

  bringBack(folder: Folder): void {
    const tokens = join(this.dataFolder, folder, 'tokens');
    renameSync(`${tokens}.away`, tokens);
  }

  /** Closes all that is open; the agents end. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((hsm) => hsm.close()));
    for (const end = performance.now() + 25_000; FOLDERS.some((folder) => this.pids(folder).length > 0); ) {
      if (performance.now() > end) throw new Error('agents have not ended');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async remove(): Promise<void> {
    for (const folder of FOLDERS) this.signal(folder, 'SIGCONT');
    await this.closeAll();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }
}
