/** Where accounts stand, and how far the view of an account reaches. */
import type { AccountFacts } from '../../../../policies/baselines/rule.ts';

export interface Place {
  readonly accountId: string;
  readonly name: string;
  /** Ids from the root down to the account's unit; empty for an account that stands alone. */
  readonly units: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface Unit {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | undefined;
}

/** The organization at one revision. Accounts that are not in it stand alone, each its own. */
export class Places {
  readonly managementAccountId: string | undefined;
  /** Accounts that may look at all members on behalf of the management account. */
  readonly delegates: ReadonlySet<string>;
  /** Accounts that may read the records of all members: those where logs are kept. */
  readonly archives: ReadonlySet<string>;
  readonly units: ReadonlyMap<string, Unit>;
  private readonly members: ReadonlyMap<string, Place>;
  private readonly ids: ReadonlySet<string>;
  private readonly facts = new Map<string, AccountFacts>();

  constructor(
    options: {
      managementAccountId?: string | undefined;
      delegates?: Iterable<string>;
      archives?: Iterable<string>;
      units?: readonly Unit[];
      accounts?: readonly Place[];
    } = {},
  ) {
    this.managementAccountId = options.managementAccountId;
    this.delegates = new Set(options.delegates ?? []);
    this.archives = new Set(options.archives ?? []);
    this.units = new Map((options.units ?? []).map((unit) => [unit.id, unit]));
    this.members = new Map((options.accounts ?? []).map((account) => [account.accountId, account]));
    this.ids = new Set(this.members.keys());
  }

  place(accountId: string): Place | undefined {
    return this.members.get(accountId);
  }

  unitsOf(accountId: string): readonly string[] {
    return this.members.get(accountId)?.units ?? [];
  }

  /** Whether the account acts for the whole organization. */
  isOffice(accountId: string): boolean {
    return accountId === this.managementAccountId || (this.members.has(accountId) && this.delegates.has(accountId));
  }

  /** Whether the account reads the records of all members. */
  readsAllRecords(accountId: string): boolean {
    return accountId === this.managementAccountId || (this.members.has(accountId) && this.archives.has(accountId));
  }

  /** Whether `viewer` may see what belongs to `accountId`. */
  reaches(viewer: string, accountId: string): boolean {
    return viewer === accountId || (this.isOffice(viewer) && this.members.has(accountId));
  }

  /** Accounts that `viewer` may see, in order. */
  reach(viewer: string): readonly string[] {
    return this.isOffice(viewer) ? [...this.ids].sort() : [viewer];
  }

  /** Members below a unit, in order. */
  accountsUnder(unitId: string): string[] {
    return [...this.members.values()]
      .filter(({ units }) => units.includes(unitId))
      .map(({ accountId }) => accountId)
      .sort();
  }

  factsOf(accountId: string): AccountFacts {
    let facts = this.facts.get(accountId);
    if (!facts) {
      const place = this.members.get(accountId);
      facts = {
        id: accountId,
        name: place?.name ?? accountId,
        management: accountId === this.managementAccountId,
        units: place?.units ?? [],
        unitNames: (place?.units ?? []).map((id) => this.units.get(id)?.name ?? id),
        organization: place ? this.ids : new Set([accountId]),
        tags: place?.tags ?? {},
      };
      this.facts.set(accountId, facts);
    }
    return facts;
  }
}
