Feature: Firmware that leaves the CPL suspends the meters recorded with it
  This is as it was before MP105, and MP105 must not change it.

  Background:
    Given an import supplier
    And a gas supplier

  @BASE-01
  Scenario Outline: Exactly the meters recorded with the firmware become Suspended
    Given a Commissioned <meter>
    And a Commissioned <meter> of the same model with the same firmware, called the "second"
    And an InstalledNotCommissioned <meter> of the same model with the same firmware, called the "installed"
    And a Commissioned <meter> of the same model with other firmware, called the "other firmware"
    And a Commissioned <meter> of another model with the same firmware, called the "other model"
    And a Commissioned <meter> of another manufacturer with the same firmware, called the "other manufacturer"
    And an IHD of the same model as the <meter> with the same firmware, called the "display"
    When the firmware of the <meter> <leaves> the CPL
    Then the inventory shows the <meter> as Suspended
    And the inventory shows the "second" as Suspended
    And the inventory shows the "installed" as Suspended
    And the inventory record of the "other firmware" is unchanged
    And the inventory record of the "other model" is unchanged
    And the inventory record of the "other manufacturer" is unchanged
    And the inventory does not show the "display" as Suspended

    Examples:
      | id             | meter | leaves               |
      | esme-removed   | ESME  | is removed from      |
      | esme-cancelled | ESME  | becomes Cancelled on |
      | esme-expired   | ESME  | becomes Expired on   |
      | esme-withdrawn | ESME  | becomes Withdrawn on |
      | gsme-removed   | GSME  | is removed from      |
      | gsme-cancelled | GSME  | becomes Cancelled on |
      | gsme-expired   | GSME  | becomes Expired on   |
      | gsme-withdrawn | GSME  | becomes Withdrawn on |

  @BASE-01
  Scenario Outline: A restored meter is suspended again by the firmware that it runs
    Given a Suspended <meter>
    And the <meter> has been restored by SR11.3 Activate Firmware
    When the firmware that the <meter> runs is removed from the CPL
    Then the inventory shows the <meter> as Suspended

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-01
  Scenario Outline: A restored meter is not suspended again by other firmware
    Given a Suspended <meter>
    And the <meter> has been restored by SR11.3 Activate Firmware
    And a Commissioned <meter> of the same model with other firmware, called the "other firmware"
    When the firmware of the "other firmware" is removed from the CPL
    Then the inventory shows the "other firmware" as Suspended
    And the inventory record of the <meter> is unchanged

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-01
  Scenario Outline: Meters become Suspended by the firmware that is recorded, whatever they run
    Given a Commissioned <meter>
    And a Commissioned <meter> of the same model with other firmware, called the "other firmware"
    And the "other firmware" runs the same firmware as the <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    When the firmware of the <meter> is removed from the CPL
    Then the inventory shows the <meter> as Suspended
    And the inventory record of the "other firmware" is unchanged

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-01
  Scenario Outline: Meters recorded with much the same firmware stay as they are
    Given a Commissioned <meter>
    And a Commissioned <meter> of the same model with other firmware, <like>, called the "other firmware"
    When the firmware of the <meter> is removed from the CPL
    Then the inventory shows the <meter> as Suspended
    And the inventory record of the "other firmware" is unchanged

    Examples:
      | id               | meter | like                            |
      | esme-first-half  | ESME  | with the same first four digits |
      | esme-second-half | ESME  | with the same last four digits  |
      | esme-one-digit   | ESME  | one digit apart                 |
      | gsme-first-half  | GSME  | with the same first four digits |
      | gsme-second-half | GSME  | with the same last four digits  |
      | gsme-one-digit   | GSME  | one digit apart                 |

  @BASE-07
  Scenario Outline: The inventory can be read about a Suspended meter
    Given a <meter> whose firmware was removed from the CPL
    When the supplier sends SR8.2 Read Inventory about the <meter>
    Then the request is accepted
    And the answer shows the <meter> as Suspended

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
