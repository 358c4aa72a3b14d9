/** Access keys as iam keeps them for the vault: two a user, the secret told once, one signing key for each day. */
import { randomBytes } from 'node:crypto';
import { deriveSigningKey } from '../../../platform/authn/sigv4/canonical.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { CcmsClients } from '../deps.ts';

type Iam = Pick<
  CcmsClients['iam'],
  | 'CreateAccessKey'
  | 'ListAccessKeys'
  | 'UpdateAccessKey'
  | 'DeleteAccessKey'
  | 'GetAccessKeyLastUsed'
  | 'GetSigningKey'
>;
interface Key {
  UserName: string;
  AccessKeyId: string;
  Status: 'Active' | 'Inactive';
  CreateDate: number;
  secret: string;
  usedAt?: number;
}

export class AccessKeys implements Iam {
  readonly keys = new Map<string, Key>();
  private readonly accountId: string;
  private readonly now: () => number;

  constructor(accountId: string, now: () => number) {
    this.accountId = accountId;
    this.now = now;
  }

  /** Whether a request signed with it would be taken. */
  works(id: string, secret: string): boolean {
    const key = this.keys.get(id);
    return key?.Status === 'Active' && key.secret === secret;
  }

  CreateAccessKey: Iam['CreateAccessKey'] = async ({ UserName = '' }) => {
    if (this.of(UserName).length >= 2) throw new ServiceError('LimitExceeded', 'Cannot exceed quota: 2');
    const AccessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
    const secret = randomBytes(20).toString('hex');
    const key: Key = { UserName, AccessKeyId, Status: 'Active', CreateDate: this.now(), secret };
    this.keys.set(AccessKeyId, key);
    return { AccessKey: { ...this.shown(key), SecretAccessKey: secret } };
  };

  ListAccessKeys: Iam['ListAccessKeys'] = async ({ UserName = '' }) => ({
    AccessKeyMetadata: this.of(UserName).map((key) => this.shown(key)),
    IsTruncated: false,
  });

  UpdateAccessKey: Iam['UpdateAccessKey'] = async ({ AccessKeyId, Status }) => {
    this.found(AccessKeyId).Status = Status === 'Active' ? 'Active' : 'Inactive';
  };

  DeleteAccessKey: Iam['DeleteAccessKey'] = async ({ AccessKeyId }) => {
    this.keys.delete(this.found(AccessKeyId).AccessKeyId);
  };

  GetAccessKeyLastUsed: Iam['GetAccessKeyLastUsed'] = async ({ AccessKeyId }) => {
    const { UserName, usedAt } = this.found(AccessKeyId);
    const used = usedAt !== undefined && { LastUsedDate: usedAt };
    return { UserName, AccessKeyLastUsed: { ...used, ServiceName: 'N/A', Region: 'N/A' } };
  };

  GetSigningKey: Iam['GetSigningKey'] = async ({ AccessKeyId, Date: date, Region, Service }) => {
    const key = this.keys.get(AccessKeyId);
    if (key?.Status !== 'Active') throw new ServiceError('UnknownAccessKey', 'access key is unknown or inactive');
    const AccountId = this.accountId;
    return {
      SigningKey: deriveSigningKey(key.secret, date, Region, Service),
      ...{ AccountId, PrincipalId: 'AIDA', Arn: `arn:aws:iam::${AccountId}:user/${key.UserName}`, Kind: 'user' },
      UserName: key.UserName,
      Accounts: [AccountId],
    };
  };

  private of(userName: string): Key[] {
    return [...this.keys.values()].filter(({ UserName }) => UserName === userName);
  }

  private shown({ UserName, AccessKeyId, Status, CreateDate }: Key) {
    return { UserName, AccessKeyId, Status, CreateDate };
  }

  private found(id: string): Key {
    const key = this.keys.get(id);
    if (!key) throw new ServiceError('NotFound', `The Access Key with id ${id} cannot be found.`);
    return key;
  }
}
