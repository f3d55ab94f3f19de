/** Nothing that comes from outside becomes markup. */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { html } from '#portal/markup/html.ts';

test('values are escaped in text and in attributes', () => {
  const value = `<script>alert("1" + '2')</script> & more`;
  assert.equal(
    html`<p title="${value}">${value}</p>`.toString(),
    '<p title="&lt;script&gt;alert(&quot;1&quot; + &#39;2&#39;)&lt;/script&gt; &amp; more">' +
      '&lt;script&gt;alert(&quot;1&quot; + &#39;2&#39;)&lt;/script&gt; &amp; more</p>',
  );
});

test('pieces and lists are put in as they are, and what is absent leaves nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`);
  assert.equal(html`${items}${undefined}${false}${[]}${0}`.toString(), '<i>a</i><i>&lt;b&gt;</i>0');
});

test('no text adds a sign that could begin or end markup', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      assert.doesNotMatch(html`${text}`.toString(), /[<>"']/);
    }),
    { seed: 1, numRuns: 200 },
  );
});
