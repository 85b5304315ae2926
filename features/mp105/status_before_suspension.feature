Feature: A meter returns to the status that it held immediately before its suspension
  Which status a meter returns to depends on nothing but the status that it held when its firmware left the CPL.

  Background:
    Given an import supplier
    And a gas supplier

  @MP105-06
  Scenario Outline: A meter returns to its status before this suspension, not to one that it held earlier
    Given a <meter> that was <first> when its firmware was removed from the CPL
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> has been restored by SR11.2 Read Firmware Version
    And the <meter> has since become <before>
    And the firmware that the <meter> runs has since been removed from the CPL too
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as <before> with that firmware

    Examples:
      | id       | meter | first                    | before                   |
      | esme-com | ESME  | InstalledNotCommissioned | Commissioned             |
      | esme-inc | ESME  | Commissioned             | InstalledNotCommissioned |
      | gsme-com | GSME  | InstalledNotCommissioned | Commissioned             |
      | gsme-inc | GSME  | Commissioned             | InstalledNotCommissioned |

  @MP105-06
  Scenario Outline: A meter that was given another status returns to that one, not to its first
    Given a <first> <meter>
    And the <meter> has since become <before>
    And the firmware that the <meter> runs has since been removed from the CPL
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as <before> with that firmware

    Examples:
      | id       | meter | first                    | before                   |
      | esme-com | ESME  | InstalledNotCommissioned | Commissioned             |
      | gsme-inc | GSME  | Commissioned             | InstalledNotCommissioned |

  @MP105-06
  Scenario Outline: A meter whose firmware left the CPL in two steps returns to its status before the first
    Given a <before> <meter>
    And the firmware that the <meter> runs has since become Withdrawn on the CPL
    And the firmware that the <meter> runs has since been removed from the CPL too
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as <before> with that firmware

    Examples:
      | id       | meter | before                   |
      | esme-com | ESME  | Commissioned             |
      | esme-inc | ESME  | InstalledNotCommissioned |
      | gsme-com | GSME  | Commissioned             |
      | gsme-inc | GSME  | InstalledNotCommissioned |

  @MP105-06
  Scenario Outline: The status before suspension is still known after a restart of the DSP
    Given a <meter> that was <before> when its firmware was removed from the CPL
    And the DSP has been restarted
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as <before> with that firmware

    Examples:
      | id       | meter | before                   |
      | esme-inc | ESME  | InstalledNotCommissioned |
      | gsme-com | GSME  | Commissioned             |

  @observed
  Scenario Outline: What becomes of a Recovered meter whose firmware leaves the CPL
    Given a Recovered <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the firmware of the <meter> is removed from the CPL
    And the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then what it does to the record of the <meter> is noted

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
