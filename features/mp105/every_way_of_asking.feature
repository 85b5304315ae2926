Feature: Every way of asking a Suspended meter for its firmware is open
  Every user role may send SR11.2 Read Firmware Version, over the WAN or for local delivery. Whoever asks, what the
  meter reports puts it right.

  @MP105-03
  Scenario Outline: A Suspended meter is put right whichever user asks
    Given a Suspended <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the <role> sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as Commissioned with that firmware

    Examples:
      | id       | meter | role                      |
      | esme-is  | ESME  | import supplier           |
      | esme-es  | ESME  | export supplier           |
      | esme-rsa | ESME  | registered supplier agent |
      | esme-ed  | ESME  | electricity distributor   |
      | esme-ou  | ESME  | other user                |
      | gsme-gs  | GSME  | gas supplier              |
      | gsme-rsa | GSME  | registered supplier agent |
      | gsme-gt  | GSME  | gas transporter           |
      | gsme-ou  | GSME  | other user                |

  @MP105-03
  Scenario Outline: The command for a Suspended meter is returned for local delivery
    Given a DSP that returns commands for local delivery
    And a Suspended <meter>
    When the <role> sends SR11.2 Read Firmware Version to the <meter> for local delivery
    Then the request is accepted with the command for local delivery
    And nothing is sent to the <meter> over the WAN

    Examples:
      | id      | meter | role                    |
      | esme    | ESME  | import supplier         |
      | esme-ed | ESME  | electricity distributor |
      | gsme    | GSME  | gas supplier            |
      | gsme-gt | GSME  | gas transporter         |

  @MP105-03
  Scenario Outline: A Suspended meter asked over the WAN and locally is put right by its response
    Given a DSP that returns commands for local delivery
    And a Suspended <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the <role> sends SR11.2 Read Firmware Version to the <meter> over the WAN and for local delivery
    Then the request is accepted with the command for local delivery
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as Commissioned with that firmware

    Examples:
      | id       | meter | role                      |
      | esme     | ESME  | import supplier           |
      | esme-ou  | ESME  | other user                |
      | gsme     | GSME  | gas supplier              |
      | gsme-rsa | GSME  | registered supplier agent |

  @observed
  Scenario Outline: What a Suspended meter answers locally can be returned
    Given a DSP that returns commands for local delivery
    And a Suspended <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the <meter> for local delivery
    And the supplier returns what the <meter> answers locally with SR8.13 Return Local Command Response
    Then that answer shows the firmware that the <meter> runs
    And what it does to the record of the <meter> is noted

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
