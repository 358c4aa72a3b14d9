/**
 * Tells iam when access keys were last used, so that forgotten ones can be found. The newest use of each key, every two
 * seconds; a crash or an iam that is away loses some of it, and nothing is decided by it.
 */
import type { Clients } from './clients.ts';

const EVERY_MS = 2_000;
const MAX_KEYS = 1_000;
/** Temporary credentials have ids of their own (`ASIA...`) that nobody asks about. */
const LONG_TERM = 'AKIA';

interface Use {
  service: string;
  at: number;
}

export class KeyUseReports {
  private readonly uses = new Map<string, Use>();
  private readonly iam: Clients['iam'];
  private readonly region: string;
  private readonly timer: NodeJS.Timeout;

  constructor(iam: Clients['iam'], region: string) {
    this.iam = iam;
    this.region = region;
    this.timer = setInterval(() => void this.send(), EVERY_MS);
    this.timer.unref();
  }

  /** `at`: milliseconds. */
  note(accessKeyId: string, service: string, at: number): void {
    const known = this.uses.get(accessKeyId);
    if (known) {
      known.service = service;
      known.at = at;
    } else if (this.uses.size < MAX_KEYS && accessKeyId.startsWith(LONG_TERM)) {
      this.uses.set(accessKeyId, { service, at });
    }
  }

  /** Sends what is left. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.send();
  }

  private async send(): Promise<void> {
    if (this.uses.size === 0) return;
    const Uses = [...this.uses].map(([AccessKeyId, { service, at }]) => ({
      AccessKeyId,
      At: at,
      Service: service,
      Region: this.region,
    }));
    this.uses.clear();
    await this.iam.NoteAccessKeyUse({ Uses }).catch(() => undefined);
  }
}
