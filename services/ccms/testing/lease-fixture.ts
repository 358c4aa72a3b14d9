/** A vault with a real database as its target, and a credential role there. */
import type { CcmsDeps } from '../deps.ts';
import type { LeaseRow } from '../domain/leases/rows.ts';
import { Reconciler } from '../ops/leases/reconciler.ts';
import { Revoker } from '../ops/leases/revoker.ts';
import { mariaDbSubject } from '../targets/testing/mariadb-subject.ts';
import { postgresSubject } from '../targets/testing/postgres-subject.ts';
import type { Subject } from '../targets/testing/subject.ts';
import { type VaultClient, VaultHarness, type VaultOptions } from './harness.ts';

/** A database in which the tests look for users themselves. */
export interface LeasedDatabase extends Subject {
  engine: 'postgres' | 'mariadb';
  database: string;
  /** PostgreSQL: as its superuser. */
  url?: string;
  users(): Promise<string[]>;
  make(username: string): Promise<void>;
}

export async function leasedPostgres(): Promise<LeasedDatabase> {
  const subject = await postgresSubject();
  return {
    ...subject,
    engine: 'postgres',
    database: subject.settings.database,
    users: async () =>
      (await subject.root("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%' ORDER BY 1")).map(({ rolname }) =>
        String(rolname),
      ),
    async make(username) {
      await subject.root(`CREATE ROLE "${username}" LOGIN`);
    },
  };
}

export async function leasedMariaDb(): Promise<LeasedDatabase> {
  const subject = await mariaDbSubject();
  return {
    ...subject,
    engine: 'mariadb',
    database: subject.settings.database,
    users: async () =>
      (await subject.server.root("SELECT User AS u FROM mysql.user WHERE User LIKE 'v-%' ORDER BY 1")).map(({ u }) =>
        String(u),
      ),
    async make(username) {
      await subject.server.root(`CREATE USER \`${username}\`@'%' IDENTIFIED BY 'x'`);
    },
  };
}

const ADMIN = JSON.stringify({ username: 'ccms_rotator', password: 'rotator' });
const MARIA_ADMIN = JSON.stringify({ username: 'rotator', password: 'rotator' });

export class LeaseFixture {
  readonly vault: VaultHarness;
  readonly admin: VaultClient;
  private readonly roleArn: string;
  private names = 0;

  private constructor(vault: VaultHarness) {
    this.vault = vault;
    this.admin = vault.user('admin');
    this.roleArn = vault.role('rotator');
  }

  static async open(options: VaultOptions = {}): Promise<LeaseFixture> {
    const vault = await VaultHarness.open(options);
    // Databases have a clock of their own.
    vault.kms.advance(Date.now() - vault.kms.now);
    return new LeaseFixture(vault);
  }

  get deps(): CcmsDeps {
    return this.vault.deps;
  }

  /** Answers the name. */
  async target(database: LeasedDatabase, port = database.serverPort): Promise<string> {
    const Name = `target-${++this.names}`;
    await this.admin.CreateSecret({
      Name,
      SecretString: database.engine === 'postgres' ? ADMIN : MARIA_ADMIN,
      ClientRequestToken: this.vault.token(),
    });
    await this.admin.CreateTarget({
      Name,
      Engine: database.engine,
      Endpoints: [{ Host: '127.0.0.1', Port: port }],
      Tls: { Mode: 'plain' },
      Database: database.database,
      AdminSecretId: Name,
      RoleArn: this.roleArn,
      SkipTest: true,
    });
    return Name;
  }

  /** Answers the name. */
  async role(database: LeasedDatabase, Target: string, more: object = {}): Promise<string> {
    const Name = `role-${++this.names}`;
    const may =
      database.engine === 'postgres'
        ? { ActAs: 'shop_owner' }
        : { Grants: [{ Privileges: ['SELECT', 'INSERT'], Database: 'shop_1' }] };
    await this.admin.CreateCredentialRole({ Name, Target, ...may, ...more });
    return Name;
  }

  /** Ends what is due, and waits for it. */
  async revoke(): Promise<void> {
    const { revoker } = this.deps;
    await revoker.look();
    await revoker.idle();
  }

  async reconcile(): Promise<void> {
    await this.deps.reconciler.run();
    await this.revoke();
  }

  /** As after a start: nothing is remembered. */
  restart(): void {
    this.deps.revoker = new Revoker(() => this.deps);
    this.deps.reconciler = new Reconciler(() => this.deps);
  }

  leases(): Promise<LeaseRow[]> {
    return this.vault.store.read.selectFrom('lease').selectAll().orderBy('lease_id').execute();
  }

  close(): Promise<void> {
    return this.vault.close();
  }
}
