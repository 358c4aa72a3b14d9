/**
 * Makes and verifies the MACs of rows with the HSM. Guarantees that a row which is passed on is, bit for bit, one that
 * this service wrote; a row that is not is refused for good (`Internal`, in the log with its name), never repaired.
 * Rows that verified before, and those that were sealed here, are remembered by their hash: reading them again needs no
 * HSM. A row that was sealed and never stored is genuine all the same: whoever could put it there could ask for no more.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { HSM_LIMITS, type Hsm } from '../../hsm/port.ts';
import { lengthPrefixed } from '../contract/canonical-row.ts';
import { ServiceError } from '../contract/error.ts';
import type { Logger } from '../observe/log.ts';
import { MacsTogether } from './macs-together.ts';

/** What a row's MAC covers, and the MAC that stands in the row. */
export interface GuardedRow {
  /** For the log: `key 0b1c...`. */
  name: string;
  data: Buffer;
  mac: Buffer;
}

const MAX_REMEMBERED = 50_000;

export class RowGuard {
  private readonly verified = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  private readonly hsm: Hsm;
  private readonly together: MacsTogether;
  private readonly log: Logger;
  private readonly label: string;

  /** `label`: separates the MACs of one service from those of all others. */
  constructor(hsm: Hsm, log: Logger, label: string) {
    this.hsm = hsm;
    this.together = new MacsTogether((rows) => hsm.macMany(label, rows));
    this.log = log;
    this.label = label;
  }

  /** MACs for rows that are about to be written, in order. */
  async seal(rows: readonly Buffer[]): Promise<Buffer[]> {
    const macs = await this.together.mac(rows);
    macs.forEach((mac, at) => {
      this.verified.set(digest({ data: rows[at]!, mac }), true);
    });
    return macs;
  }

  /**
   * @throws ServiceError `Internal` when a row does not verify
   * @throws HsmError when a row was not seen before and the HSM cannot be reached
   */
  async verify(rows: readonly GuardedRow[]): Promise<void> {
    const unknown: { row: GuardedRow; hash: string }[] = [];
    for (const row of rows) {
      const hash = digest(row);
      if (!this.verified.has(hash)) unknown.push({ row, hash });
    }
    for (let from = 0; from < unknown.length; from += HSM_LIMITS.batch) {
      const batch = unknown.slice(from, from + HSM_LIMITS.batch);
      const answers = await this.hsm.verifyMacMany(
        this.label,
        batch.map(({ row }) => row),
      );
      batch.forEach(({ row, hash }, index) => {
        if (answers[index] !== true) throw this.refuse(row.name, 'its MAC does not verify');
        this.verified.set(hash, true);
      });
    }
  }

  /** The error for a stored object that cannot be trusted. */
  refuse(name: string, reason: string): ServiceError {
    this.log.error({ object: name, reason }, 'stored row refused: it is not what this service wrote');
    return new ServiceError('Internal', `the stored record of ${name} does not verify`, {
      hint: 'somebody changed the database: keep a copy for the investigation, then restore a backup',
    });
  }
}

function digest({ data, mac }: Pick<GuardedRow, 'data' | 'mac'>): string {
  return hash('sha256', lengthPrefixed([data, mac]), 'base64');
}
