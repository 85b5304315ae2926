Feature: A Suspended meter may be sent every critical request
  Critical requests were never kept from Suspended meters: the DSP transforms them to a Pre-Command, and takes the
  Pre-Command that the user signed. MP105 must not change it.

  @BASE-02
  Scenario Outline: A critical request to a Suspended meter is transformed and accepted
    Given a Suspended <meter>
    When a user who may send it sends SR<variant> to the <meter>
    Then the request is accepted, if a Commissioned twin may be sent it

    Examples:
      | id          | meter | variant |
      | esme-1.1.1  | ESME  | 1.1.1   |
      | esme-1.1.2  | ESME  | 1.1.2   |
      | esme-1.2.1  | ESME  | 1.2.1   |
      | esme-1.2.2  | ESME  | 1.2.2   |
      | esme-1.5    | ESME  | 1.5     |
      | esme-1.6    | ESME  | 1.6     |
      | esme-1.7    | ESME  | 1.7     |
      | esme-2.1    | ESME  | 2.1     |
      | esme-2.3    | ESME  | 2.3     |
      | esme-2.5    | ESME  | 2.5     |
      | esme-6.4.1  | ESME  | 6.4.1   |
      | esme-6.8    | ESME  | 6.8     |
      | esme-6.11   | ESME  | 6.11    |
      | esme-6.14.1 | ESME  | 6.14.1  |
      | esme-6.14.2 | ESME  | 6.14.2  |
      | esme-6.14.3 | ESME  | 6.14.3  |
      | esme-6.15.1 | ESME  | 6.15.1  |
      | esme-6.15.2 | ESME  | 6.15.2  |
      | esme-6.17   | ESME  | 6.17    |
      | esme-6.24.2 | ESME  | 6.24.2  |
      | esme-6.25   | ESME  | 6.25    |
      | esme-6.26   | ESME  | 6.26    |
      | esme-7.1    | ESME  | 7.1     |
      | esme-7.2    | ESME  | 7.2     |
      | esme-7.3    | ESME  | 7.3     |
      | esme-7.5    | ESME  | 7.5     |
      | esme-7.6    | ESME  | 7.6     |
      | esme-7.8    | ESME  | 7.8     |
      | esme-7.12   | ESME  | 7.12    |
      | esme-7.13   | ESME  | 7.13    |
      | esme-7.16   | ESME  | 7.16    |
      | esme-8.1.1  | ESME  | 8.1.1   |
      | esme-8.7.1  | ESME  | 8.7.1   |
      | esme-8.8.1  | ESME  | 8.8.1   |
      | esme-11.3   | ESME  | 11.3    |
      | gsme-1.1.1  | GSME  | 1.1.1   |
      | gsme-1.2.1  | GSME  | 1.2.1   |
      | gsme-1.5    | GSME  | 1.5     |
      | gsme-1.6    | GSME  | 1.6     |
      | gsme-2.1    | GSME  | 2.1     |
      | gsme-2.3    | GSME  | 2.3     |
      | gsme-2.5    | GSME  | 2.5     |
      | gsme-6.6    | GSME  | 6.6     |
      | gsme-6.7    | GSME  | 6.7     |
      | gsme-6.8    | GSME  | 6.8     |
      | gsme-6.11   | GSME  | 6.11    |
      | gsme-6.15.1 | GSME  | 6.15.1  |
      | gsme-6.15.2 | GSME  | 6.15.2  |
      | gsme-6.17   | GSME  | 6.17    |
      | gsme-6.24.2 | GSME  | 6.24.2  |
      | gsme-7.2    | GSME  | 7.2     |
      | gsme-7.3    | GSME  | 7.3     |
      | gsme-8.1.1  | GSME  | 8.1.1   |
      | gsme-8.7.1  | GSME  | 8.7.1   |
      | gsme-8.8.1  | GSME  | 8.8.1   |
      | gsme-11.3   | GSME  | 11.3    |

  @BASE-02
  Scenario Outline: A critical request to a Suspended meter is accepted whoever may send it
    Given a Suspended <meter>
    When the <role> sends SR<variant> to the <meter>
    Then the request is accepted, if a Commissioned twin may be sent it

    Examples:
      | id             | meter | variant | role                    |
      | esme-6.15.1-ed | ESME  | 6.15.1  | electricity distributor |
      | esme-6.15.1-gt | ESME  | 6.15.1  | gas transporter         |
      | esme-6.15.1-gs | ESME  | 6.15.1  | gas supplier            |
      | esme-11.3-gs   | ESME  | 11.3    | gas supplier            |
      | gsme-6.15.1-gt | GSME  | 6.15.1  | gas transporter         |
      | gsme-6.15.1-ed | GSME  | 6.15.1  | electricity distributor |
      | gsme-6.15.1-is | GSME  | 6.15.1  | import supplier         |
      | gsme-11.3-is   | GSME  | 11.3    | import supplier         |

  @BASE-02
  Scenario Outline: A signed critical command for a Suspended meter is returned for local delivery too
    Given a DSP that returns commands for local delivery
    And a Suspended <meter>
    When a user who may send it sends SR<variant> to the <meter> <way>
    Then the request is accepted with the command for local delivery, if a Commissioned twin may be sent it

    Examples:
      | id                | meter | variant | way                                 |
      | esme-1.1.1-local  | ESME  | 1.1.1   | for local delivery                  |
      | esme-1.1.1-both   | ESME  | 1.1.1   | over the WAN and for local delivery |
      | esme-2.3-local    | ESME  | 2.3     | for local delivery                  |
      | esme-2.3-both     | ESME  | 2.3     | over the WAN and for local delivery |
      | esme-6.11-local   | ESME  | 6.11    | for local delivery                  |
      | esme-6.11-both    | ESME  | 6.11    | over the WAN and for local delivery |
      | esme-6.15.1-local | ESME  | 6.15.1  | for local delivery                  |
      | esme-6.15.1-both  | ESME  | 6.15.1  | over the WAN and for local delivery |
      | esme-7.2-local    | ESME  | 7.2     | for local delivery                  |
      | esme-7.2-both     | ESME  | 7.2     | over the WAN and for local delivery |
      | esme-8.8.1-local  | ESME  | 8.8.1   | for local delivery                  |
      | esme-8.8.1-both   | ESME  | 8.8.1   | over the WAN and for local delivery |
      | esme-11.3-local   | ESME  | 11.3    | for local delivery                  |
      | esme-11.3-both    | ESME  | 11.3    | over the WAN and for local delivery |
      | gsme-1.2.1-local  | GSME  | 1.2.1   | for local delivery                  |
      | gsme-1.2.1-both   | GSME  | 1.2.1   | over the WAN and for local delivery |
      | gsme-2.5-local    | GSME  | 2.5     | for local delivery                  |
      | gsme-2.5-both     | GSME  | 2.5     | over the WAN and for local delivery |
      | gsme-6.8-local    | GSME  | 6.8     | for local delivery                  |
      | gsme-6.8-both     | GSME  | 6.8     | over the WAN and for local delivery |
      | gsme-6.24.2-local | GSME  | 6.24.2  | for local delivery                  |
      | gsme-6.24.2-both  | GSME  | 6.24.2  | over the WAN and for local delivery |
      | gsme-7.3-local    | GSME  | 7.3     | for local delivery                  |
      | gsme-7.3-both     | GSME  | 7.3     | over the WAN and for local delivery |
      | gsme-8.7.1-local  | GSME  | 8.7.1   | for local delivery                  |
      | gsme-8.7.1-both   | GSME  | 8.7.1   | over the WAN and for local delivery |
      | gsme-11.3-local   | GSME  | 11.3    | for local delivery                  |
      | gsme-11.3-both    | GSME  | 11.3    | over the WAN and for local delivery |
