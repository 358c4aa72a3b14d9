/**
 * Tells iam when access keys and roles were last used, so that forgotten ones can be found. The newest use of each,
 * every two seconds; a crash or an iam that is away loses some of it, and nothing is decided by it.
 */
import type { Caller } from '../platform/runtime/call.ts';
import type { Clients } from './clients.ts';

const EVERY_MS = 2_000;
const MOST = 1_000;
/** Temporary credentials have ids of their own (`ASIA...`) that nobody asks about. */
const LONG_TERM = 'AKIA';

interface Use {
  service: string;
  at: number;
}

export class UseReports {
  private keys = new Map<string, Use>();
  private roles = new Map<string, Use>();
  private readonly iam: Clients['iam'];
  private readonly region: string;
  private readonly timer: NodeJS.Timeout;

  constructor(iam: Clients['iam'], region: string) {
    this.iam = iam;
    this.region = region;
    this.timer = setInterval(() => void this.send(), EVERY_MS);
    this.timer.unref();
  }

  /** `accessKeyId`: what the request was signed with, if it was; `at`: milliseconds. */
  note({ kind, entityId }: Caller, accessKeyId: string | undefined, service: string, at: number): void {
    if (accessKeyId?.startsWith(LONG_TERM)) keep(this.keys, accessKeyId, service, at);
    if (kind === 'role' && entityId !== undefined) keep(this.roles, entityId, service, at);
  }

  /** Sends what is left. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.send();
  }

  private async send(): Promise<void> {
    const { keys, roles, region: Region } = this;
    if (keys.size + roles.size === 0) return;
    this.keys = new Map();
    this.roles = new Map();
    const shown = ({ service, at }: Use) => ({ At: at, Service: service, Region });
    const AccessKeys = [...keys].map(([AccessKeyId, use]) => ({ AccessKeyId, ...shown(use) }));
    const Roles = [...roles].map(([RoleId, use]) => ({ RoleId, ...shown(use) }));
    await this.iam.NoteUses({ AccessKeys, Roles }).catch(() => undefined);
  }
}

function keep(uses: Map<string, Use>, id: string, service: string, at: number): void {
  const known = uses.get(id);
  if (known) {
    known.service = service;
    known.at = at;
  } else if (uses.size < MOST) uses.set(id, { service, at });
}
