/** The vault with a real database of each kind as its target, and secrets that rotate there. */
import { rotateSecrets } from '../../../jobs/rotate-secrets.ts';
import type { Credential, TargetConnection } from '../../../targets/port.ts';
import { mariaDbSubject } from '../../../targets/testing/mariadb-subject.ts';
import { postgresSubject } from '../../../targets/testing/postgres-subject.ts';
import { redisSubject } from '../../../targets/testing/redis-subject.ts';
import type { Subject } from '../../../targets/testing/subject.ts';
import { type VaultClient, VaultHarness } from '../../../testing/harness.ts';
import { credentialIn } from '../../targets/connection.ts';

export const ENGINES = ['postgres', 'mariadb', 'redis'] as const;
export type EngineName = (typeof ENGINES)[number];

type Database = Subject & { readonly settings: TargetConnection };

const AT: Readonly<Record<EngineName, object>> = {
  postgres: { Users: ['shop_a', 'shop_b'], OwnerRole: 'shop_owner', TestStatement: 'SELECT count(*) FROM stock' },
  mariadb: {
    Users: ['shop_a', 'shop_b'],
    Grants: [{ Privileges: ['SELECT', 'INSERT'], Database: 'shop_1' }],
    TestStatement: 'SELECT count(*) FROM stock',
  },
  redis: { User: 'shop', Rules: ['~shop:*', '+@read', '+@write'] },
};

export async function startDatabase(engine: EngineName): Promise<Database> {
  if (engine === 'postgres') return postgresSubject();
  return engine === 'mariadb' ? mariaDbSubject() : redisSubject();
}

export class RotationWorld {
  readonly vault: VaultHarness;
  readonly database: Database;
  readonly admin: VaultClient;
  readonly engine: EngineName;
  readonly roleArn: string;
  private count = 0;

  private constructor(vault: VaultHarness, database: Database, engine: EngineName) {
    this.vault = vault;
    this.database = database;
    this.engine = engine;
    this.admin = vault.user('admin');
    this.roleArn = vault.role('rotator');
  }

  static async open(engine: EngineName, database: Database): Promise<RotationWorld> {
    const world = new RotationWorld(await VaultHarness.open(), database, engine);
    const { username, password } = database.settings.admin;
    const value = { username, password: password.toString() };
    await world.admin.CreateSecret({ Name: 'rotator', SecretString: JSON.stringify(value) });
    await world.target('shop');
    return world;
  }

  async target(Name: string, port = this.database.serverPort): Promise<void> {
    const { engine } = this;
    await this.admin.CreateTarget({
      Name,
      Engine: engine,
      Endpoints: [{ Host: '127.0.0.1', Port: port }],
      Tls: { Mode: 'plain' },
      ...(engine !== 'redis' && { Database: (this.database.settings as unknown as { database: string }).database }),
      AdminSecretId: 'rotator',
      RoleArn: this.roleArn,
      SkipTest: true,
    });
  }

  /** A secret without a value that rotates at the target. */
  async secret(more: object = {}, target = 'shop'): Promise<string> {
    const Name = `db-${++this.count}`;
    await this.admin.CreateSecret({ Name });
    const Target = { Name: target, ...AT[this.engine], ...more };
    await this.admin.PutRotationStrategy({ SecretId: Name, Target });
    return Name;
  }

  async rotate(SecretId: string, more: object = {}): Promise<string> {
    const answer = await this.admin.RotateSecret({ SecretId, ClientRequestToken: this.vault.token(), ...more });
    return answer.VersionId as string;
  }

  /** What the timed work does, until there is nothing to do now. */
  async work(): Promise<void> {
    // Few at a time at one target: the rest is taken at the next looks.
    for (let look = 0; look < 3; look++) {
      await rotateSecrets.run(this.vault.deps);
      await this.vault.deps.runner.idle();
    }
  }

  /** Time passes. */
  pass(ms: number): void {
    this.vault.kms.advance(ms);
  }

  async current(SecretId: string): Promise<Credential> {
    return this.value(SecretId, 'AWSCURRENT');
  }

  async value(SecretId: string, VersionStage: string): Promise<Credential> {
    const { SecretString = '' } = await this.admin.GetSecretValue({ SecretId, VersionStage });
    return credentialIn(SecretString) as Credential;
  }

  async logsIn(credential: Credential): Promise<boolean> {
    try {
      const session = await this.database.connect(credential);
      await session.work();
      session.close();
      return true;
    } catch {
      return false;
    }
  }

  async events(SecretId: string): Promise<string[]> {
    const { ARN } = await this.admin.DescribeSecret({ SecretId });
    const records = await this.vault.records();
    return records
      .filter(({ eventName, resources }) => eventName.startsWith('Rotation') && resources?.[0]?.ARN === ARN)
      .map(({ eventName }) => eventName);
  }

  async close(): Promise<void> {
    await this.vault.close();
  }
}

export const MINUTE = 60_000;
export const DAY = 86_400_000;
