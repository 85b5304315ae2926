Feature: A Suspended meter can be asked which firmware it runs
  MP105 lets SR11.2 Read Firmware Version through to a Suspended electricity or gas meter, which every other
  ordinary request is kept from.

  Background:
    Given an import supplier
    And a gas supplier

  @MP105-01
  Scenario: A Suspended electricity meter tells its firmware version
    Given a Suspended ESME
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted
    And the response shows the firmware that the ESME runs

  @MP105-02
  Scenario: A Suspended gas meter tells its firmware version
    Given a Suspended GSME
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
    And the response shows the firmware that the GSME runs

  @DUIS-04
  Scenario: Two users who ask a Suspended meter at once get a response each
    Given an electricity distributor
    And a Suspended ESME
    And the ESME now runs firmware that the CPL lists as Active for its model
    When the import supplier and the electricity distributor send SR11.2 Read Firmware Version to the ESME at once
    Then both responses show the firmware that the ESME runs

  @observed
  Scenario Outline: What SR11.2 that was sent before a suspension does when it is answered after it
    Given a Commissioned <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> answers the next SR11.2 late
    And the supplier has sent SR11.2 Read Firmware Version to the <meter>, whose response is under way
    When the firmware of the <meter> is removed from the CPL
    And the late response of the <meter> arrives
    Then what it does to the record of the <meter> is noted

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @MP105-01
  Scenario: A Suspended electricity meter tells its firmware version however EUIs are written
    Given a Suspended ESME
    When the supplier sends SR11.2 Read Firmware Version to the ESME with EUIs in lower case
    Then the request is accepted
    And the response shows the firmware that the ESME runs

  @MP105-01 @MP105-04
  Scenario: A Suspended electricity meter is put right by what it tells when it is asked for later
    Given a Suspended ESME
    And the ESME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the ESME to be carried out a moment later
    Then the request is accepted
    And the response shows the firmware that the ESME runs
    And the inventory shows the ESME as Commissioned with that firmware

  @MP105-02
  Scenario: A Suspended gas meter tells its firmware version however EUIs are written
    Given a Suspended GSME
    When the supplier sends SR11.2 Read Firmware Version to the GSME with EUIs in lower case
    Then the request is accepted
    And the response shows the firmware that the GSME runs

  @MP105-02 @MP105-05
  Scenario: A Suspended gas meter is put right by what it tells when it is asked for later
    Given a Suspended GSME
    And the GSME now runs firmware that the CPL lists as Active for its model
    When the supplier sends SR11.2 Read Firmware Version to the GSME to be carried out a moment later
    Then the request is accepted
    And the response shows the firmware that the GSME runs
    And the inventory shows the GSME as Commissioned with that firmware

  @MP105-01
  Scenario: A Suspended SMETS1 electricity meter may be asked too
    Given a DSP that serves SMETS1 meters
    And a Suspended SMETS1 ESME
    When the supplier sends SR11.2 Read Firmware Version to the ESME
    Then the request is accepted

  @MP105-02
  Scenario: A Suspended SMETS1 gas meter may be asked too
    Given a DSP that serves SMETS1 meters
    And a Suspended SMETS1 GSME
    When the supplier sends SR11.2 Read Firmware Version to the GSME
    Then the request is accepted
