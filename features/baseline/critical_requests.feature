Feature: A Suspended meter may be sent every critical request
  Critical requests were never kept from Suspended meters: the DSP transforms them to a Pre-Command, and takes the
  Pre-Command that the user signed. MP105 must not change it.

  @BASE-02
  Scenario Outline: A critical request to a Suspended meter is transformed and accepted
    Given a Suspended <meter>
    When a user who may send it sends SR<variant> to the <meter>
    Then the request is accepted

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
