/**
 * Runs one competitor on the workload of `bench/engine.ts`: N statements, each for its own bucket and team, of which
 * the last one matches. Prints decisions per second of processor time; refuses to report a wrong decision.
 */
const [peer, count, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const ACCOUNT = '111122223333';
const last = count - 1;
const resource = `arn:aws:s3:::bucket-${last}/folder/object`;

/** Each returns a function that decides once and answers whether the request is allowed. */
const peers = {
  async 'iam-simulate'() {
    const { runSimulation } = await import('@cloud-copilot/iam-simulate');
    const statements = Array.from({ length: count }, (_, number) => ({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::bucket-${number}/*`,
      Condition: { StringEquals: { 'aws:PrincipalTag/team': `team-${number}` } },
    }));
    const identityPolicies = [];
    for (let start = 0; start < count; start += 100) {
      const part = statements.slice(start, start + 100);
      identityPolicies.push({ name: `p${start}`, policy: { Version: '2012-10-17', Statement: part } });
    }
    const request = {
      principal: `arn:aws:iam::${ACCOUNT}:user/alice`,
      action: 's3:GetObject',
      resource: { resource, accountId: ACCOUNT },
      contextVariables: { 'aws:PrincipalTag/team': `team-${last}` },
    };
    const simulation = { request, identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [] };
    return async () => (await runSimulation(simulation, {})).overallResult === 'Allowed';
  },

  async cedar() {
    const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
    const policies = Array.from(
      { length: count },
      (_, number) =>
        `permit(principal, action == Action::"GetObject", resource in Bucket::"bucket-${number}") when { principal.team == "team-${number}" };`,
    ).join('\n');
    const parsed = cedar.preparsePolicySet('bench', { staticPolicies: policies });
    if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
    const call = {
      principal: { type: 'User', id: 'alice' },
      action: { type: 'Action', id: 'GetObject' },
      resource: { type: 'Object', id: resource },
      context: {},
      preparsedPolicySetId: 'bench',
      entities: [
        { uid: { type: 'User', id: 'alice' }, attrs: { team: `team-${last}` }, parents: [] },
        { uid: { type: 'Object', id: resource }, attrs: {}, parents: [{ type: 'Bucket', id: `bucket-${last}` }] },
        { uid: { type: 'Bucket', id: `bucket-${last}` }, attrs: {}, parents: [] },
      ],
    };
    return () => cedar.statefulIsAuthorized(call).response?.decision === 'allow';
  },

  async casbin() {
    const { newEnforcer, newModelFromString, StringAdapter } = await import('casbin');
    const model = newModelFromString(
      [
        '[request_definition]',
        'r = sub, obj, act, team',
        '[policy_definition]',
        'p = sub, obj, act, team',
        '[policy_effect]',
        'e = some(where (p.eft == allow))',
        '[matchers]',
        'm = r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act && r.team == p.team',
      ].join('\n'),
    );
    const lines = Array.from(
      { length: count },
      (_, number) => `p, alice, arn:aws:s3:::bucket-${number}/*, GetObject, team-${number}`,
    );
    const enforcer = await newEnforcer(model, new StringAdapter(lines.join('\n')));
    return () => enforcer.enforceSync('alice', resource, 'GetObject', `team-${last}`);
  },
};

const decide = await peers[peer]();
if ((await decide()) !== true) throw new Error(`${peer} does not allow the request`);
const laps = [];
const warmUntil = performance.now() + (seconds * 1000) / 4;
while (performance.now() < warmUntil) await decide();
const before = process.cpuUsage();
const until = performance.now() + seconds * 1000;
do {
  const start = performance.now();
  const answer = decide();
  // Awaiting a plain value costs a turn of the event loop, which would be unfair to the synchronous ones.
  if ((answer instanceof Promise ? await answer : answer) !== true) throw new Error(`${peer} changed its mind`);
  laps.push(performance.now() - start);
} while (performance.now() < until);
const used = process.cpuUsage(before);
laps.sort((a, b) => a - b);
const p50Microseconds = Math.round(laps[laps.length >> 1] * 1000);
console.log(
  JSON.stringify({
    perSecond: laps.length / ((used.user + used.system) / 1e6),
    p50Microseconds,
    decisions: laps.length,
  }),
);
