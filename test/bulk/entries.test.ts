import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvCells } from '#bulk/csv.ts';
import { entryReader } from '#bulk/entries.ts';
import { Fault } from '#core/fault.ts';

test('cells of CSV may be quoted, hold commas and quotes, and be empty', () => {
  assert.deepEqual(csvCells('a, b ,"c,""d"" ",,'), ['a', 'b', 'c,"d" ', '', '']);
  assert.deepEqual(csvCells(''), ['']);
  assert.equal(csvCells('a,"b'), undefined);
  assert.equal(csvCells('a,b"c"'), undefined);
});

test('CSV and JSON say the same of a domain and of an account', () => {
  const csv = entryReader('csv');
  assert.equal(
    csv('domain,mode,forcedFrom,methods,maxAppPasswords,account,recoveryAddress,appPasswords,suspended'),
    undefined,
  );
  const json = entryReader('jsonl');
  assert.deepEqual(
    csv('example.org,forced,2027-01-31T00:00:00Z,totp;email,5,,,,'),
    json(
      '{"domain":"example.org","mode":"forced","forcedFrom":"2027-01-31T00:00:00Z","methods":["totp","email"],"maxAppPasswords":5}',
    ),
  );
  assert.deepEqual(csv(',,,,,a@example.org,a@example.net,"Phone;Laptop, old",true'), {
    account: 'a@example.org',
    recoveryAddress: 'a@example.net',
    appPasswords: ['Phone', 'Laptop, old'],
    suspended: true,
  });
});

test('what cannot be meant is refused with the name of its field', () => {
  const json = entryReader('jsonl');
  const why = (text: string): string => String(Object(json(text)).why);
  assert.match(why('{'), /not JSON/);
  assert.match(why('[]'), /one JSON object/);
  assert.match(why('{"mode":"enabled"}'), /neither "domain" nor "account"/);
  assert.match(why('{"domain":"a.example","account":"a@a.example"}'), /or both/);
  assert.match(why('{"domain":"a.example","mode":"on"}'), /^mode: /);
  assert.match(why('{"domain":"a.example","forcedFrom":"soon"}'), /^forcedFrom: write 2027-01-31/);
  assert.match(why('{"account":"a@a.example","password":"hunter2"}'), /password/);
  assert.doesNotMatch(why('{"account":"a@a.example","password":"hunter2"}'), /hunter2/);
});

test('a CSV file whose first line names no known columns is refused as a whole', () => {
  for (const head of ['mail,name', 'domain,domain', '"domain', 'example.org,enabled']) {
    assert.throws(
      () => entryReader('csv')(head),
      (error) => error instanceof Fault && error.code === 'USAGE' && error.message.includes('recoveryAddress'),
    );
  }
  const csv = entryReader('csv');
  csv('domain,mode');
  assert.deepEqual(csv('example.org'), { why: 'it has 1 cells where the first line names 2' });
  assert.deepEqual(csv('"example.org,enabled'), { why: 'its quotes do not pair up' });
});
