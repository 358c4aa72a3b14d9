/** Amazon Resource Names: `arn:partition:service:region:account:resource`, split on the first five colons. */
export interface Arn {
  partition: string;
  service: string;
  region: string;
  accountId: string;
  resource: string;
}

/** Reads an ARN; undefined when fewer than six segments are present or the prefix is not `arn`. */
export function parseArn(text: string): Arn | undefined {
  if (!text.startsWith('arn:')) return undefined;
  const ends: number[] = [];
  let from = 4;
  for (let i = 0; i < 4; i++) {
    const at = text.indexOf(':', from);
    if (at < 0) return undefined;
    ends.push(at);
    from = at + 1;
  }
  const [a, b, c, d] = ends as [number, number, number, number];
  const resource = text.slice(d + 1);
  if (resource === '') return undefined;
  return {
    partition: text.slice(4, a),
    service: text.slice(a + 1, b),
    region: text.slice(b + 1, c),
    accountId: text.slice(c + 1, d),
    resource,
  };
}

export function formatArn(arn: Arn): string {
  return `arn:${arn.partition}:${arn.service}:${arn.region}:${arn.accountId}:${arn.resource}`;
}
