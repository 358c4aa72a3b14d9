// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
import { expect, it } from 'vitest';
import { compilePolicy } from '../compile/compile-policy.ts';
import { contextKeyNames } from './context-keys.ts';

const namesOf = (Version: string) => {
  const Statement = [
    { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::home/${aws:UserName}/*' },
    {
      Effect: 'Deny',
      Action: 's3:*',
      Resource: '*',
      Condition: {
        StringNotEquals: { 'aws:PrincipalTag/Team': ["${s3:ExistingObjectTag/Team, 'none'}", '${*}'] },
        Bool: { 'AWS:username': 'true' },
      },
    },
  ];
  const { document } = compilePolicy({ Version, Statement }, { arn: 'arn:p', kind: 'identity' });
  return [...contextKeyNames(document)];
};

it('names keys of conditions and variables once, as first spelled', () => {
  expect(namesOf('2012-10-17')).toEqual([
    ['aws:username', 'aws:UserName'],
    ['aws:principaltag/team', 'aws:PrincipalTag/Team'],
    ['s3:existingobjecttag/team', 's3:ExistingObjectTag/Team'],
  ]);
});

it('knows that the old version has no variables', () => {
  expect(namesOf('2008-10-17').map(([, name]) => name)).toEqual(['aws:PrincipalTag/Team', 'AWS:username']);
});
