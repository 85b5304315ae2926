Feature: The exceptions that existed before MP105 remain
  Before MP105 a change of supplier's credentials could be sent to a Suspended meter, and a top-up to a Suspended
  SMETS1 meter, if its command is delivered locally.

  @BASE-04
  Scenario Outline: New credentials for a change of supplier are accepted for a Suspended meter
    Given a Suspended <meter>
    When the supplier sends SR6.23 Update Security Credentials (CoS) to the <meter>
    Then the request is accepted

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-05
  Scenario Outline: A top-up for local delivery is accepted for a Suspended SMETS1 meter
    Given a Suspended SMETS1 <meter>
    When the supplier sends SR2.2 Top Up Device to the <meter> for local delivery
    Then the request is accepted with the command for local delivery

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-05
  Scenario Outline: A top-up in any other way is rejected for a Suspended SMETS1 meter
    Given a Suspended SMETS1 <meter> and a twin that is Commissioned
    When the supplier sends SR2.2 to both <way>
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status

    Examples:
      | id        | meter | way                                 |
      | esme-wan  | ESME  | over the WAN                        |
      | esme-both | ESME  | over the WAN and for local delivery |
      | gsme-wan  | GSME  | over the WAN                        |
      | gsme-both | GSME  | over the WAN and for local delivery |

  @BASE-05
  Scenario Outline: A top-up for local delivery is rejected for a Suspended SMETS2 meter
    Given a Suspended <meter> and a twin that is Commissioned
    When the supplier sends SR2.2 to both for local delivery
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
