import { describe, expect, it } from '@jest/globals';
import { readJUnit } from './junit.report.js';

describe('readJUnit', () => {
  it('counts the cases, whatever the totals say', () => {
    expect(
      readJUnit(`<?xml version="1.0"?>
        <testsuites tests="99"><testsuite name="a > b" tests="99" failures='0'>
          <testcase name="one"/>
          <testcase name="two"><system-out><![CDATA[<failure/>]]></system-out></testcase>
          <testcase name="three"><failure message="x">no</failure><skipped/></testcase>
          <testcase name="four"><error/></testcase>
          <testcase name="five"><skipped message='not "now"'/></testcase>
          <!-- <testcase name="six"/> -->
        </testsuite></testsuites>`),
    ).toEqual({ passed: 2, failed: 2, skipped: 1, format: 'junit' });
  });

  it('counts none in an empty one', () => {
    expect(readJUnit('<testsuites/>')).toEqual({ passed: 0, failed: 0, skipped: 0, format: 'junit' });
  });

  it.each(['', 'no xml', '<html></html>', '<testsuite', '<testsuite><!-- ', '<testsuite name="a>'])(
    'says that it does not know of %j',
    (text) => expect(readJUnit(text)).toBeNull(),
  );

  it('looks at a large hostile one once', () => {
    expect(readJUnit('<!--'.repeat(500_000))).toBeNull();
    expect(readJUnit(`<testsuite>${'<testcase "'.repeat(200_000)}`)).toBeNull();
  });
});
