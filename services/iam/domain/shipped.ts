/** Managed policies that come with the product: the same in every account, never changed, never deleted. */
import { createHash } from 'node:crypto';
import { rootArn } from './names.ts';

export interface ShippedDocument {
  name: string;
  path: string;
  description: string;
  /** JSON text. */
  document: string;
}

export interface ShippedPolicy extends ShippedDocument {
  arn: string;
  policyId: string;
  nameKey: string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export class ShippedPolicies {
  /** Ordered by name. */
  readonly all: readonly ShippedPolicy[];
  private readonly byArn: ReadonlyMap<string, ShippedPolicy>;

  constructor(documents: readonly ShippedDocument[], partition: string) {
    const prefix = rootArn({ partition, accountId: 'aws' }).slice(0, -'root'.length);
    this.all = documents
      .map((d) => ({
        ...d,
        arn: `${prefix}policy${d.path}${d.name}`,
        policyId: shippedId(d.path + d.name),
        nameKey: d.name.toLowerCase(),
      }))
      .sort((a, b) => (a.nameKey < b.nameKey ? -1 : 1));
    this.byArn = new Map(this.all.map((policy) => [policy.arn, policy]));
  }

  get(arn: string): ShippedPolicy | undefined {
    return this.byArn.get(arn);
  }
}

/** The same on every installation, so that two of them can be compared. */
function shippedId(path: string): string {
  const hash = createHash('sha256').update(`parapet/iam/shipped/${path}`).digest();
  return `ANPA${[...hash.subarray(0, 17)].map((byte) => BASE32[byte & 31]).join('')}`;
}
