Feature: The inventory follows what a Suspended meter reports
  A meter that activated new firmware, but whose activation response was lost, is put right by reading its
  firmware version: the inventory records what the meter reports, and the meter is no longer Suspended.

  Background:
    Given an import supplier
    And a gas supplier

  @MP105-04 @MP105-06
  Scenario Outline: A Suspended electricity meter returns to the status it held before
    Given an ESME that was <before> when its firmware was removed from the CPL
    And the ESME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the inventory shows the ESME as <before> with that firmware

    Examples:
      | id  | before                   |
      | com | Commissioned             |
      | inc | InstalledNotCommissioned |

  @MP105-05 @MP105-06
  Scenario Outline: A Suspended gas meter returns to the status it held before
    Given a GSME that was <before> when its firmware was removed from the CPL
    And the GSME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the response shows the firmware that the GSME runs
    And the inventory shows the GSME as <before> with that firmware

    Examples:
      | id  | before                   |
      | com | Commissioned             |
      | inc | InstalledNotCommissioned |

  @MP105-04
  Scenario: A restored electricity meter is open to ordinary requests again
    Given a Suspended ESME
    And the ESME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the inventory shows the ESME as Commissioned with that firmware
    And SR4.1.1 Read Instantaneous Import Registers to the ESME is accepted again

  @MP105-04
  Scenario: A Suspended SMETS1 electricity meter is restored by the firmware that it reports
    Given a DSP that serves SMETS1 meters
    And a Suspended SMETS1 ESME
    And the ESME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the inventory shows the ESME as Commissioned with that firmware

  @MP105-04
  Scenario: A Suspended electricity meter returns from a second suspension too
    Given a Suspended ESME
    And the ESME now runs firmware that the CPL lists as Active for its model
    And the ESME has been restored by SR11.2 Read Firmware Version
    And the firmware that the ESME runs has since been removed from the CPL too
    And the ESME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the inventory shows the ESME as Commissioned with that firmware

  @MP105-05
  Scenario: A restored gas meter is open to ordinary requests again
    Given a Suspended GSME
    And the GSME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the inventory shows the GSME as Commissioned with that firmware
    And SR4.1.1 Read Instantaneous Import Registers to the GSME is accepted again

  @MP105-05
  Scenario: A Suspended SMETS1 gas meter is restored by the firmware that it reports
    Given a DSP that serves SMETS1 meters
    And a Suspended SMETS1 GSME
    And the GSME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the inventory shows the GSME as Commissioned with that firmware

  @MP105-05
  Scenario: A Suspended gas meter returns from a second suspension too
    Given a Suspended GSME
    And the GSME now runs firmware that the CPL lists as Active for its model
    And the GSME has been restored by SR11.2 Read Firmware Version
    And the firmware that the GSME runs has since been removed from the CPL too
    And the GSME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the response shows the firmware that the GSME runs
    And the inventory shows the GSME as Commissioned with that firmware

  @MP105-04
  Scenario Outline: A Suspended electricity meter is restored however the CPL writes its firmware version
    Given a Suspended ESME
    And the ESME now runs firmware that the CPL lists as Active for its model, written <how>
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the inventory shows the ESME as Commissioned with that firmware

    Examples:
      | id         | how                   |
      | lower-case | in lower case         |
      | short      | without leading zeros |

  @MP105-05
  Scenario Outline: A Suspended gas meter is restored however the CPL writes its firmware version
    Given a Suspended GSME
    And the GSME now runs firmware that the CPL lists as Active for its model, written <how>
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the response shows the firmware that the GSME runs
    And the inventory shows the GSME as Commissioned with that firmware

    Examples:
      | id         | how                   |
      | lower-case | in lower case         |
      | short      | without leading zeros |

  @MP105-04
  Scenario Outline: A Suspended electricity meter is restored however its firmware left the CPL
    Given a Commissioned ESME
    And the firmware that the ESME runs has since become <listed> on the CPL
    And the ESME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the inventory shows the ESME as Commissioned with that firmware

    Examples:
      | id        | listed    |
      | cancelled | Cancelled |
      | expired   | Expired   |
      | withdrawn | Withdrawn |

  @MP105-04
  Scenario Outline: A Suspended electricity meter is restored whatever the number of its firmware
    Given a Suspended ESME
    And the ESME now runs firmware that the CPL lists as Active for its model, numbered <how>
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the inventory shows the ESME as Commissioned with that firmware

    Examples:
      | id     | how                |
      | high   | above 7FFFFFFF     |
      | digits | without any letter |

  @MP105-04
  Scenario: A restored electricity meter is suspended again by the firmware that it reported
    Given a Suspended ESME
    And the ESME now runs firmware that the CPL lists as Active for its model
    And the ESME has been restored by SR11.2 Read Firmware Version
    When the firmware that the ESME runs is removed from the CPL
    Then the inventory shows the ESME as Suspended

  @MP105-04
  Scenario: A Suspended electricity meter is restored once the CPL lists the firmware that it reported before
    Given a Suspended ESME
    And the ESME now runs firmware on no CPL entry
    And the supplier has sent SR11.2 Read Firmware Version to the ESME in vain
    And the firmware that the ESME runs has since become Active on the CPL
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the inventory shows the ESME as Commissioned with that firmware

  @MP105-05
  Scenario Outline: A Suspended gas meter is restored however its firmware left the CPL
    Given a Commissioned GSME
    And the firmware that the GSME runs has since become <listed> on the CPL
    And the GSME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the response shows the firmware that the GSME runs
    And the inventory shows the GSME as Commissioned with that firmware

    Examples:
      | id        | listed    |
      | cancelled | Cancelled |
      | expired   | Expired   |
      | withdrawn | Withdrawn |

  @MP105-05
  Scenario Outline: A Suspended gas meter is restored whatever the number of its firmware
    Given a Suspended GSME
    And the GSME now runs firmware that the CPL lists as Active for its model, numbered <how>
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the response shows the firmware that the GSME runs
    And the inventory shows the GSME as Commissioned with that firmware

    Examples:
      | id     | how                |
      | high   | above 7FFFFFFF     |
      | digits | without any letter |

  @MP105-05
  Scenario: A restored gas meter is suspended again by the firmware that it reported
    Given a Suspended GSME
    And the GSME now runs firmware that the CPL lists as Active for its model
    And the GSME has been restored by SR11.2 Read Firmware Version
    When the firmware that the GSME runs is removed from the CPL
    Then the inventory shows the GSME as Suspended

  @MP105-05
  Scenario: A Suspended gas meter is restored once the CPL lists the firmware that it reported before
    Given a Suspended GSME
    And the GSME now runs firmware on no CPL entry
    And the supplier has sent SR11.2 Read Firmware Version to the GSME in vain
    And the firmware that the GSME runs has since become Active on the CPL
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the response shows the firmware that the GSME runs
    And the inventory shows the GSME as Commissioned with that firmware

  @MP105-04
  Scenario: A second electricity meter of one model is restored after the first
    Given two Suspended ESMEs of one model, the second called the "neighbour"
    And the ESME now runs firmware that the CPL lists as Active for its model
    And the "neighbour" runs the same firmware as the ESME
    And the ESME has been restored by SR11.2 Read Firmware Version
    When the supplier sends SR11.2 Read Firmware Version to the "neighbour"
    Then the request is accepted
    And the response shows the firmware that the "neighbour" runs
    And the inventory shows the "neighbour" as Commissioned with that firmware

  @MP105-05
  Scenario: A second gas meter of one model is restored after the first
    Given two Suspended GSMEs of one model, the second called the "neighbour"
    And the GSME now runs firmware that the CPL lists as Active for its model
    And the "neighbour" runs the same firmware as the GSME
    And the GSME has been restored by SR11.2 Read Firmware Version
    When the supplier sends SR11.2 Read Firmware Version to the "neighbour"
    Then the request is accepted
    And the response shows the firmware that the "neighbour" runs
    And the inventory shows the "neighbour" as Commissioned with that firmware

  @MP105-06
  Scenario Outline: Of two Suspended meters of one model each returns to the status that it held itself
    Given two Suspended <meter>s of one model, the second, InstalledNotCommissioned before, called the "neighbour"
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the "neighbour" runs the same firmware as the <meter>
    When the supplier sends SR11.2 Read Firmware Version to the <asked>
    Then the request is accepted
    And the inventory shows the <asked> as <before> with that firmware

    Examples:
      | id          | meter | asked       | before                   |
      | esme-first  | ESME  | ESME        | Commissioned             |
      | esme-second | ESME  | "neighbour" | InstalledNotCommissioned |
      | gsme-first  | GSME  | GSME        | Commissioned             |
      | gsme-second | GSME  | "neighbour" | InstalledNotCommissioned |

  @MP105-06
  Scenario Outline: A meter returns from a second suspension to the status that it held before
    Given a <meter> that was InstalledNotCommissioned when its firmware was removed from the CPL
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> has been restored by SR11.2 Read Firmware Version
    And the firmware that the <meter> runs has since been removed from the CPL too
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the inventory shows the <meter> as InstalledNotCommissioned with that firmware

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @MP105-08
  Scenario Outline: A meter that reports firmware which is not listed for it stays Suspended
    Given a Suspended <meter>
    And the <meter> now runs <firmware>
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory still shows the <meter> as Suspended

    Examples:
      | id                      | meter | firmware                                               |
      | esme-removed            | ESME  | the firmware that was removed from the CPL             |
      | esme-unlisted           | ESME  | firmware on no CPL entry                               |
      | esme-other-model        | ESME  | firmware listed for another model only                 |
      | esme-other-manufacturer | ESME  | firmware listed for another manufacturer only          |
      | esme-cancelled          | ESME  | firmware that the CPL lists as Cancelled for its model |
      | esme-expired            | ESME  | firmware that the CPL lists as Expired for its model   |
      | esme-withdrawn          | ESME  | firmware that the CPL lists as Withdrawn for its model |
      | gsme-removed            | GSME  | the firmware that was removed from the CPL             |
      | gsme-unlisted           | GSME  | firmware on no CPL entry                               |
      | gsme-other-model        | GSME  | firmware listed for another model only                 |
      | gsme-other-manufacturer | GSME  | firmware listed for another manufacturer only          |
      | gsme-cancelled          | GSME  | firmware that the CPL lists as Cancelled for its model |
      | gsme-expired            | GSME  | firmware that the CPL lists as Expired for its model   |
      | gsme-withdrawn          | GSME  | firmware that the CPL lists as Withdrawn for its model |

  @MP105-08
  Scenario Outline: Firmware that leaves the CPL while the response that reports it is under way restores nothing
    Given a Suspended <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> answers the next SR11.2 late
    And the supplier has sent SR11.2 Read Firmware Version to the <meter>, whose response is under way
    When the firmware that the <meter> runs is removed from the CPL
    And the late response of the <meter> arrives
    Then the inventory still shows the <meter> as Suspended

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @MP105-08
  Scenario Outline: A meter that reports firmware much like listed firmware stays Suspended
    Given a Suspended <meter>
    And the <meter> now runs firmware on no CPL entry, while the CPL lists firmware <like> as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory still shows the <meter> as Suspended

    Examples:
      | id               | meter | like                            |
      | esme-first-half  | ESME  | with the same first four digits |
      | esme-second-half | ESME  | with the same last four digits  |
      | esme-one-digit   | ESME  | one digit apart                 |
      | esme-bytes       | ESME  | with its bytes in another order |
      | esme-zeros-first | ESME  | with its zeros in front         |
      | esme-zeros-last  | ESME  | with its zeros at the end       |
      | gsme-first-half  | GSME  | with the same first four digits |
      | gsme-second-half | GSME  | with the same last four digits  |
      | gsme-one-digit   | GSME  | one digit apart                 |
      | gsme-bytes       | GSME  | with its bytes in another order |
      | gsme-zeros-first | GSME  | with its zeros in front         |
      | gsme-zeros-last  | GSME  | with its zeros at the end       |

  @observed
  Scenario Outline: A meter may report firmware that is listed for another type of Device
    Given a Suspended <meter>
    And the <meter> now runs firmware listed for another device type only
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And what it does to the record of the <meter> is noted

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @MP105-08
  Scenario Outline: Firmware that restored one meter restores no other once it has left the CPL
    Given two Suspended <meter>s of one model, the second called the "neighbour"
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the "neighbour" runs the same firmware as the <meter>
    And the <meter> has been restored by SR11.2 Read Firmware Version
    And the firmware that the <meter> runs has since been removed from the CPL too
    When the supplier sends SR11.2 Read Firmware Version to the "neighbour"
    Then the request is accepted
    And the response shows the firmware that the "neighbour" runs
    And the inventory still shows the "neighbour" as Suspended

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
