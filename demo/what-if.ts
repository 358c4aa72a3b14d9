/**
 * A guardrail is proposed for the businesses, and replayed over what really happened: whom would it have stopped? The
 * answer makes it a better one before anybody is hurt.
 */
import { readFileSync } from 'node:fs';
import { createParapet, type Parapet } from '../sdk/index.ts';
import type { Administrator } from './landing-zone.ts';
import { must, type Story } from './story.ts';
import type { Shop } from './web-application.ts';

export const whatIf = (management: Administrator, owner: Administrator, shop: Shop) => async (story: Story) => {
  const { server, step } = story;
  const client = createParapet({
    ...{ endpoint: server.endpoint, region: server.admin.region },
    ...{ ca: readFileSync(server.caPath), credentials: management.credentials },
  });
  story.atEnd(() => client.close());
  const { Nodes } = await client.org.describeOrganizationTree({});
  const business = Nodes.find(({ Name }) => Name === 'Business')?.Id;
  must(business !== undefined, 'there is no unit Business');

  const strict = await replay(client, business, [owner.accountId], {
    ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${owner.accountId}:user/administrator` },
  });
  step(`proposed: only administrators read secrets of businesses; replayed over ${strict.decisions} decisions`);
  for (const [principal, count] of strict.stopped) step(`  it would have stopped ${principal} ${count} times`);
  must(strict.unknown === 0, `${strict.unknown} decisions cannot be told`);
  must((strict.stopped.get(shop.arn) ?? 0) > 0, 'the shop would go on');

  const better = await replay(client, business, [owner.accountId], {
    ArnNotLike: {
      'aws:PrincipalArn': [
        `arn:aws:iam::${owner.accountId}:user/*`,
        `arn:aws:iam::${owner.accountId}:role/shop-rotator`,
      ],
    },
  });
  must(better.stopped.size === 0 && better.unknown === 0, JSON.stringify([...better.stopped]));
  step('with the applications and the rotation among those who may: it would have stopped nobody');
  return {
    shown: `a guardrail that would have stopped ${strict.stopped.size} principals, found before it was attached`,
  };
};

/** All parts of the answer. */
async function replay(client: Parapet, Target: string, AccountIds: string[], Condition: object) {
  const Document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'Secrets', Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Resource: '*', Condition }],
  });
  const stopped = new Map<string, number>();
  const question = { Changes: [{ PolicyType: 'scp', Operation: 'add', Target, Document }], AccountIds } as const;
  let Marker: string | undefined;
  for (;;) {
    const part = await client.authz.whatIf({ ...question, Changes: [...question.Changes], ...(Marker && { Marker }) });
    for (const { Principal, NewlyDenied } of part.ByPrincipal)
      stopped.set(Principal, (stopped.get(Principal) ?? 0) + NewlyDenied);
    Marker = part.Marker;
    if (Marker === undefined) return { stopped, decisions: part.Totals.Decisions, unknown: part.Totals.Unknown };
  }
}
