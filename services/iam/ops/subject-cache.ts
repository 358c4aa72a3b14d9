/**
 * From the ARN of a user or role to its compiled principal without SQL. Only the unique id is remembered; the principal comes
 * from the directory, which is fresh, and its ARN is compared: a renamed or deleted one is looked up anew.
 */
import { LRUCache } from 'lru-cache';
import type { PrincipalDirectory } from '../../../platform/authz/directory.ts';
import type { Principal } from '../../../platform/authz/principal.ts';
import type { Store } from '../../../platform/store/index.ts';
import { roleByName } from '../store/roles.ts';
import type { IamDb } from '../store/schema.ts';
import { userByName } from '../store/users.ts';

const MAX_SUBJECTS = 100_000;

export interface SubjectName {
  arn: string;
  accountId: string;
  path: string;
  name: string;
}

/** The unique id that bears the name now. */
type Look = () => Promise<string | undefined>;

export class SubjectCache {
  private readonly ids = new LRUCache<string, string>({ max: MAX_SUBJECTS });
  private readonly store: Store<IamDb>;
  private readonly directory: PrincipalDirectory;

  constructor(store: Store<IamDb>, directory: PrincipalDirectory) {
    this.store = store;
    this.directory = directory;
  }

  /** Undefined: there is no such user now. */
  user(subject: SubjectName): Principal | Promise<Principal | undefined> {
    return this.known(subject, async () => {
      const row = await userByName(this.store.read, subject.accountId, subject.name);
      return row?.path === subject.path ? row.user_id : undefined;
    });
  }

  /** Undefined: there is no such role now. */
  role(subject: SubjectName): Principal | Promise<Principal | undefined> {
    return this.known(subject, async () => {
      const row = await roleByName(this.store.read, subject.accountId, subject.name);
      return row?.path === subject.path ? row.role_id : undefined;
    });
  }

  private known(subject: SubjectName, look: Look): Principal | Promise<Principal | undefined> {
    const id = this.ids.get(subject.arn);
    if (id === undefined) return this.find(subject, look);
    const principal = this.directory.principal(id);
    if (principal instanceof Promise)
      return principal.then((p) => (p?.snapshot.Arn === subject.arn ? p : this.find(subject, look)));
    return principal.snapshot.Arn === subject.arn ? principal : this.find(subject, look);
  }

  private async find(subject: SubjectName, look: Look): Promise<Principal | undefined> {
    this.ids.delete(subject.arn);
    const id = await look();
    if (id === undefined) return undefined;
    const principal = await this.directory.principal(id);
    // Renamed between the two reads: it no longer is the one that was asked for.
    if (principal?.snapshot.Arn !== subject.arn) return undefined;
    this.ids.set(subject.arn, id);
    return principal;
  }
}
